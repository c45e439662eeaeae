"""What the page says, in the four languages of the web client. Every language has the same devices and steps.

A way through a phone's menus is written as its menus are named in that language; the page shows the English
names too, since many phones are set to English whatever their people read best.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Device:
    """A kind of device; each step is a sentence and the way through the menus (or nothing)."""

    name: str
    steps: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts, without markup."""

    direction: str
    title: str
    why: str
    get: str
    download: str
    compare: str
    accept: str
    devices: tuple[Device, ...]
    open: str
    check: str
    agree: str
    limits: str


ENGLISH = Words(
    direction="ltr",
    title="Trust this Hearth",
    why="This Hearth made its own certificate, so your browser cannot know it yet. Introduce them once on "
    "each phone or computer, and the warning is gone.",
    get="Get the certificate",
    download="Download the certificate",
    compare="If you want to be sure that it is the right one: its fingerprint is below, and “hearth cert” "
    "prints the same on the server.",
    accept="Accept it",
    devices=(
        Device(
            "iPhone, iPad",
            (
                ("Download it with Safari, and allow the download.", ""),
                (
                    "Open the downloaded profile and install it:",
                    "Settings › General › VPN & Device Management",
                ),
                ("Switch it on:", "Settings › General › About › Certificate Trust Settings"),
            ),
        ),
        Device(
            "Android",
            (
                (
                    "Go to:",
                    "Settings › Security & privacy › More › Encryption & credentials › Install a certificate "
                    "› CA certificate",
                ),
                ("Choose the downloaded file hearth.crt. Names differ a little from maker to maker.", ""),
            ),
        ),
        Device(
            "Windows",
            (
                (
                    "Open the file, then:",
                    "Install Certificate › Current User › Trusted Root Certification Authorities",
                ),
            ),
        ),
        Device(
            "macOS",
            (
                (
                    "Open the file, so that it is in Keychain Access. Open it there, then:",
                    "Trust › Always Trust",
                ),
            ),
        ),
        Device(
            "Firefox",
            (
                (
                    "Go to:",
                    "Settings › Privacy & Security › Certificates › View Certificates › Authorities › Import",
                ),
            ),
        ),
    ),
    open="Open Hearth",
    check="There should be no warning any more. If there is one, close the browser and try again.",
    agree="What you agree to",
    limits="The certificate can vouch for private addresses and for the names of this server only, not for "
    "any other site. You can remove it in the same place at any time.",
)

HINDI = Words(
    direction="ltr",
    title="इस Hearth पर भरोसा करें",
    why="इस Hearth ने अपना प्रमाणपत्र ख़ुद बनाया है, इसलिए आपका ब्राउज़र उसे अभी नहीं पहचानता। हर फ़ोन या कंप्यूटर पर "
    "एक बार यह कर लें, फिर चेतावनी नहीं आएगी।",
    get="प्रमाणपत्र लें",
    download="प्रमाणपत्र डाउनलोड करें",
    compare="पक्का करना हो कि यह सही प्रमाणपत्र है, तो नीचे उसका फ़िंगरप्रिंट देखें। सर्वर पर “hearth cert” भी यही "
    "दिखाता है।",
    accept="उसे स्वीकार करें",
    devices=(
        Device(
            "iPhone, iPad",
            (
                ("Safari से डाउनलोड करें और डाउनलोड की अनुमति दें।", ""),
                ("डाउनलोड की गई प्रोफ़ाइल खोलकर इंस्टॉल करें:", "सेटिंग › सामान्य › VPN और डिवाइस प्रबंधन"),
                ("इसे चालू करें:", "सेटिंग › सामान्य › परिचय › प्रमाणपत्र विश्वास सेटिंग"),
            ),
        ),
        Device(
            "Android",
            (
                (
                    "यहाँ जाएँ:",
                    "सेटिंग › सुरक्षा और निजता › ज़्यादा › एन्क्रिप्शन और क्रेडेंशियल › प्रमाणपत्र इंस्टॉल करें › CA प्रमाणपत्र",
                ),
                ("डाउनलोड की गई फ़ाइल hearth.crt चुनें। अलग-अलग फ़ोन में नाम थोड़े अलग हो सकते हैं।", ""),
            ),
        ),
        Device(
            "Windows",
            (
                (
                    "फ़ाइल खोलें, फिर:",
                    "प्रमाणपत्र स्थापित करें › वर्तमान उपयोगकर्ता › विश्वसनीय रूट प्रमाणन प्राधिकरण",
                ),
            ),
        ),
        Device(
            "macOS",
            (("फ़ाइल खोलें, ताकि वह कीचेन ऐक्सेस में आ जाए। वहाँ उसे खोलें, फिर:", "विश्वास › हमेशा विश्वास करें"),),
        ),
        Device(
            "Firefox",
            (
                (
                    "यहाँ जाएँ:",
                    "सेटिंग › गोपनीयता और सुरक्षा › प्रमाणपत्र › प्रमाणपत्र देखें › प्राधिकरण › आयात करें",
                ),
            ),
        ),
    ),
    open="Hearth खोलें",
    check="अब कोई चेतावनी नहीं आनी चाहिए। अगर आए, तो ब्राउज़र बंद करके फिर कोशिश करें।",
    agree="आप किस बात पर सहमत होते हैं",
    limits="यह प्रमाणपत्र सिर्फ़ निजी नेटवर्क के पतों और इस सर्वर के नामों की पुष्टि कर सकता है, किसी और साइट की नहीं। "
    "आप इसे कभी भी उसी जगह से हटा सकते हैं।",
)

GUJARATI = Words(
    direction="ltr",
    title="આ Hearth પર વિશ્વાસ કરો",
    why="આ Hearth એ પોતાનું પ્રમાણપત્ર જાતે બનાવ્યું છે, તેથી તમારું બ્રાઉઝર તેને હજી ઓળખતું નથી. દરેક ફોન કે કમ્પ્યુટર "
    "પર એક વાર આ કરી લો, પછી ચેતવણી નહીં આવે.",
    get="પ્રમાણપત્ર મેળવો",
    download="પ્રમાણપત્ર ડાઉનલોડ કરો",
    compare="ખાતરી કરવી હોય કે આ સાચું પ્રમાણપત્ર છે, તો નીચે તેની ફિંગરપ્રિન્ટ જુઓ. સર્વર પર “hearth cert” પણ એ જ બતાવે "
    "છે.",
    accept="તેને સ્વીકારો",
    devices=(
        Device(
            "iPhone, iPad",
            (
                ("Safari થી ડાઉનલોડ કરો અને ડાઉનલોડની મંજૂરી આપો.", ""),
                ("ડાઉનલોડ કરેલી પ્રોફાઇલ ખોલીને ઇન્સ્ટોલ કરો:", "સેટિંગ્સ › સામાન્ય › VPN અને ડિવાઇસ મેનેજમેન્ટ"),
                ("તેને ચાલુ કરો:", "સેટિંગ્સ › સામાન્ય › પરિચય › પ્રમાણપત્ર વિશ્વાસ સેટિંગ્સ"),
            ),
        ),
        Device(
            "Android",
            (
                (
                    "અહીં જાઓ:",
                    "સેટિંગ › સુરક્ષા અને પ્રાઇવસી › વધુ › એન્ક્રિપ્શન અને ક્રેડેન્શિયલ › પ્રમાણપત્ર ઇન્સ્ટોલ કરો › CA પ્રમાણપત્ર",
                ),
                ("ડાઉનલોડ કરેલી ફાઇલ hearth.crt પસંદ કરો. અલગ-અલગ ફોનમાં નામ થોડાં જુદાં હોઈ શકે.", ""),
            ),
        ),
        Device(
            "Windows",
            (
                (
                    "ફાઇલ ખોલો, પછી:",
                    "પ્રમાણપત્ર ઇન્સ્ટોલ કરો › વર્તમાન વપરાશકર્તા › વિશ્વસનીય રુટ પ્રમાણન અધિકારીઓ",
                ),
            ),
        ),
        Device(
            "macOS",
            (("ફાઇલ ખોલો, જેથી તે કીચેન ઍક્સેસમાં આવે. ત્યાં તેને ખોલો, પછી:", "વિશ્વાસ › હંમેશાં વિશ્વાસ કરો"),),
        ),
        Device(
            "Firefox",
            (
                (
                    "અહીં જાઓ:",
                    "સેટિંગ્સ › ગોપનીયતા અને સુરક્ષા › પ્રમાણપત્રો › પ્રમાણપત્રો જુઓ › સત્તાધિકારીઓ › આયાત કરો",
                ),
            ),
        ),
    ),
    open="Hearth ખોલો",
    check="હવે કોઈ ચેતવણી ન આવવી જોઈએ. જો આવે, તો બ્રાઉઝર બંધ કરીને ફરી પ્રયત્ન કરો.",
    agree="તમે શેની સંમતિ આપો છો",
    limits="આ પ્રમાણપત્ર ફક્ત ખાનગી નેટવર્કનાં સરનામાં અને આ સર્વરનાં નામની ખાતરી આપી શકે છે, બીજી કોઈ સાઇટની નહીં. "
    "તમે તેને ગમે ત્યારે એ જ જગ્યાએથી કાઢી શકો છો.",
)

ARABIC = Words(
    direction="rtl",
    title="الوثوق بخادم Hearth هذا",
    why="أنشأ Hearth هذا شهادته بنفسه، لذلك لا يعرفها متصفحك بعد. افعل هذا مرة واحدة على كل هاتف أو حاسوب، "
    "ولن يظهر التحذير بعدها.",
    get="الحصول على الشهادة",
    download="تنزيل الشهادة",
    compare="إن أردت التأكد من أنها الشهادة الصحيحة، فبصمتها مكتوبة أدناه، والأمر “hearth cert” يعرض البصمة "
    "نفسها على الخادم.",
    accept="قبول الشهادة",
    devices=(
        Device(
            "iPhone وiPad",
            (
                ("نزّلها بمتصفح Safari واسمح بالتنزيل.", ""),
                ("افتح ملف التعريف الذي نزّلته وثبّته:", "الإعدادات › عام › VPN وإدارة الجهاز"),
                ("فعّلها:", "الإعدادات › عام › حول › إعدادات الثقة بالشهادة"),
            ),
        ),
        Device(
            "Android",
            (
                (
                    "انتقل إلى:",
                    "الإعدادات › الأمان والخصوصية › المزيد › التشفير وبيانات الاعتماد › تثبيت شهادة "
                    "› شهادة CA",
                ),
                ("اختر الملف الذي نزّلته hearth.crt. تختلف الأسماء قليلًا من هاتف إلى آخر.", ""),
            ),
        ),
        Device(
            "Windows",
            (
                (
                    "افتح الملف، ثم:",
                    "تثبيت الشهادة › المستخدم الحالي › المراجع المصدقة الجذر الموثوق بها",
                ),
            ),
        ),
        Device(
            "macOS",
            (("افتح الملف ليُضاف إلى الوصول إلى سلسلة المفاتيح، وافتحه هناك، ثم:", "الثقة › الثقة دائمًا"),),
        ),
        Device(
            "Firefox",
            (
                (
                    "انتقل إلى:",
                    "الإعدادات › الخصوصية والأمان › الشهادات › عرض الشهادات › السلطات › استيراد",
                ),
            ),
        ),
    ),
    open="فتح Hearth",
    check="يفترض ألا يظهر أي تحذير بعد الآن. إن ظهر، فأغلق المتصفح وحاول مرة أخرى.",
    agree="ما الذي توافق عليه",
    limits="لا تشهد هذه الشهادة إلا للعناوين الخاصة ولأسماء هذا الخادم، لا لأي موقع آخر. ويمكنك إزالتها "
    "من المكان نفسه في أي وقت.",
)

WORDS = {"en": ENGLISH, "hi": HINDI, "gu": GUJARATI, "ar": ARABIC}
