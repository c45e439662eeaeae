"""Who may do what: one line per command and route, one column per actor (tests/security/people.py).

A command or route without a line fails the build. LEGEND says what a cell stands for.
"""

LEGEND = {
    "ok": "ok",
    "page": "page",  # the web client's shell, which asks for nothing by itself
    "mute": "mute",  # answered like anybody's, but nothing is written and nobody hears of it
    "void": "void",  # an answer in which nothing is
    "none": "not_found",  # the same for absent and forbidden
    "shut": "not_friends",
    "out": "not_signed_in",
    "you": "invalid_input",  # nobody does this to themselves
    "key": "wrong_password",
    "dead": "link_invalid",
    "only": "administrators_only",
    "bad": "bad_request",
    "moved": "chain_moved",
    "fake": "not_accepted",
    "lost": "not_restored",
}

COMMANDS = """
what                                    self friend member former left strange blocked admin revoked nobody
message.send in what they share         ok   ok     ok     shut   none none    shut    none  out     out
message.send in alice and her friend's  ok   ok     none   none   none none    none    none  out     out
message.send in her notes               ok   none   none   none   none none    none    none  out     out
message.send a deletion of what she wrote ok  fake   fake   shut   none none    shut    none  out     out
message.offer in what they share        lost lost   lost   lost   lost lost    lost    lost  out     out
message.history of what they share      ok   ok     ok     ok     ok   none    ok      none  out     out
message.history of hers and her friend's ok   ok     none   none   none none    none    none  out     out
message.history of her notes            ok   none   none   none   none none    none    none  out     out
message.aimed of what they share        ok   ok     ok     ok     ok   none    ok      none  out     out
message.aimed of hers and her friend's  ok   ok     none   none   none none    none    none  out     out
message.states of what they share       ok   ok     ok     ok     ok   ok      ok      ok    out     out
message.pins of what they share         ok   ok     ok     ok     ok   none    ok      none  out     out
message.pins of her notes               ok   none   none   none   none none    none    none  out     out
inbox.get of what they share            ok   ok     ok     ok     ok   void    ok      void  out     out
inbox.get of her notes                  ok   void   void   void   void void    void    void  out     out
receipt.mark in hers and her friend's   ok   ok     mute   mute   mute mute    mute    mute  out     out
receipt.mark in their group              ok   mute   ok     mute   mute mute    mute    mute  out     out
typing.start in what they share         ok   ok     ok     shut   none none    shut    none  out     out
typing.start in her notes               ok   none   none   none   none none    none    none  out     out
typing.stop in what they share          ok   ok     ok     shut   none none    shut    none  out     out
friend.find alice                       ok   ok     ok     ok     ok   ok      ok      ok    out     out
friend.request to alice                 you  ok     ok     ok     ok   ok      ok      ok    out     out
friend.accept what alice was asked      ok   none   none   none   none none    none    none  out     out
friend.accept what alice asked          none none   none   none   none none    none    none  out     out
friend.decline what alice was asked     ok   none   none   none   none none    none    none  out     out
friend.cancel what alice asked          ok   none   none   none   none none    none    none  out     out
friend.cancel what alice was asked      none none   none   none   none none    none    none  out     out
friend.remove alice                     you  ok     none   none   none none    none    none  out     out
friend.block alice                      you  ok     ok     ok     ok   ok      ok      ok    out     out
friend.unblock whom alice blocks        ok   none   none   none   none none    none    none  out     out
device.rename alice's phone             ok   none   none   none   none none    none    none  out     out
device.revoke alice's phone             ok   none   none   none   none none    none    none  out     out
device.revoke alice's phone with her key ok   key    key    key    key  key     key     key   out     out
device.revoke alice's phone without a key key  key    key    key    key  key     key     key   out     out
device.revoke the asking device         ok   ok     ok     ok     ok   ok      ok      ok    out     out
device.revoke_others with her key       ok   key    key    key    key  key     key     key   out     out
device.revoke_others of one's own       ok   ok     ok     ok     ok   ok      ok      ok    out     out
device.list of one's own                ok   ok     ok     ok     ok   ok      ok      ok    out     out
profile.update of one's own             ok   ok     ok     ok     ok   ok      ok      ok    out     out
settings.update of one's own            ok   ok     ok     ok     ok   ok      ok      ok    out     out
presence.set of one's own               ok   ok     ok     ok     ok   ok      ok      ok    out     out
sync.open of one's own                  ok   ok     ok     ok     ok   ok      ok      ok    out     out
sync.log of one's own                   ok   ok     ok     ok     ok   ok      ok      ok    out     out
sync.rest of one's own                  ok   ok     ok     ok     ok   ok      ok      ok    out     out
sync.heads of one's own                 ok   ok     ok     ok     ok   ok      ok      ok    out     out
account.change_password with her key    ok   key    key    key    key  key     key     key   out     out
account.delete with her key             ok   key    key    key    key  key     key     key   out     out
account.delete with one's own key       ok   ok     ok     ok     ok   ok      ok      ok    out     out
vault.get of one's own                  ok   ok     ok     ok     ok   ok      ok      ok    out     out
vault.generations of one's own          ok   ok     ok     ok     ok   ok      ok      ok    out     out
vault.device_keys of one's own          ok   none   none   none   none none    none    none  out     out
keyring.append a row of hers            ok   none   none   none   none none    none    none  out     out
keyring.list of one's own               ok   none   none   none   none none    none    none  out     out
private.put a row of hers               ok   none   none   none   none none    none    none  out     out
private.list of one's own               ok   none   none   none   none none    none    none  out     out
chain.read alice's                      ok   ok     ok     ok     ok   none    ok      none  out     out
chain.heads alice's                     ok   ok     ok     ok     ok   void    ok      void  out     out
chain.receive alice's                   ok   ok     ok     ok     ok   none    ok      none  out     out
chain.set_up of one's own               ok   ok     ok     ok     ok   ok      ok      ok    out     out
chain.set_up with hers and one's own key ok   fake   fake   fake   fake fake    fake    fake  out     out
chain.add_device to hers                ok   moved  moved  moved  moved moved   moved   moved out     out
chain.add_device to hers with her key   ok   key    key    key    key  key     key     key   out     out
chain.retire the asking device of hers  ok   fake   fake   fake   fake fake    fake    fake  out     out
chain.profile in hers                   ok   fake   fake   fake   fake fake    fake    fake  out     out
chain.remove_devices her phone          ok   key    key    key    key  key     key     key   out     out
chain.change_password with her key      ok   key    key    key    key  key     key     key   out     out
chain.change_ways with her key          ok   key    key    key    key  key     key     key   out     out
chain.reset by her link                 ok   dead   dead   dead   dead dead    dead    dead  out     out
chain.renew hers                        ok   moved  moved  moved  moved moved   moved   moved out     out
chain.offer of hers                      lost lost   lost   lost   lost lost    lost    lost  out     out
epoch.make in her notes                 ok   none   none   none   none none    none    none  out     out
epoch.make of hers in her notes         ok   fake   fake   fake   fake fake    fake    fake  out     out
epoch.make in hers and her friend's     fake fake   fake   fake   fake fake    fake    fake  out     out
epoch.make in what they share           fake fake   fake   fake   fake fake    fake    fake  out     out
epoch.list of her notes                 ok   none   none   none   none none    none    none  out     out
epoch.list of what they share           ok   ok     ok     ok     ok   none    ok      none  out     out
epoch.heads of her notes                ok   void   void   void   void void    void    void  out     out
epoch.wraps of one's own                ok   none   none   none   none none    none    none  out     out
epoch.drop_wraps of hers                ok   none   none   none   none none    none    none  out     out
epoch.history of hers                   none none   none   none   none none    none    none  out     out
epoch.leave her notes                   fake none   none   none   none none    none    none  out     out
epoch.leave her notes by her entry      fake fake   fake   fake   fake fake    fake    fake  out     out
epoch.offer in her notes                lost lost   lost   lost   lost lost    lost    lost  out     out
epoch.restored in her notes             lost lost   lost   lost   lost lost    lost    lost  out     out
rewrap.ask in her notes                 ok   none   none   none   none none    none    none  out     out
rewrap.ask by her request               ok   fake   fake   fake   fake fake    fake    fake  out     out
rewrap.answer hers                      none none   none   none   none none    none    none  out     out
rewrap.list of one's own                ok   none   none   none   none none    none    none  out     out
admin.users of everybody                only only   only   only   only only    only    ok    out     out
admin.disable a stranger                only only   only   only   only only    only    ok    out     out
admin.enable a stranger                 only only   only   only   only only    only    ok    out     out
admin.reset_sign_in of a stranger       only only   only   only   only only    only    ok    out     out
admin.reset_sign_in with a wrong key    only only   only   only   only only    only    key   out     out
admin.invites of the server             only only   only   only   only only    only    ok    out     out
admin.create_invite for two             only only   only   only   only only    only    ok    out     out
admin.revoke_invite that never was      only only   only   only   only only    only    none  out     out
admin.health of the server              only only   only   only   only only    only    ok    out     out
no.such.command                         none none   none   none   none none    none    none  out     out
"""

ROUTES = """
what                                    self friend member former left strange blocked admin revoked nobody
GET /api/health                         ok   ok     ok     ok     ok   ok      ok      ok    ok      ok
GET /healthz                            ok   ok     ok     ok     ok   ok      ok      ok    ok      ok
GET /metrics                            ok   ok     ok     ok     ok   ok      ok      ok    ok      ok
GET /api/registration                   ok   ok     ok     ok     ok   ok      ok      ok    ok      ok
POST /api/links                         dead dead   dead   dead   dead dead    dead    dead  dead    dead
POST /api/register                      ok   ok     ok     ok     ok   ok      ok      ok    ok      ok
GET /api/sign-in/parameters             ok   ok     ok     ok     ok   ok      ok      ok    ok      ok
POST /api/sign-in                       ok   ok     ok     ok     ok   ok      ok      ok    ok      ok
POST /api/sign-in/reset                 dead dead   dead   dead   dead dead    dead    dead  dead    dead
POST /api/recovery                      key  key    key    key    key  key     key     key   key     key
POST /api/recovery/finish               key  key    key    key    key  key     key     key   key     key
POST /api/reset                         dead dead   dead   dead   dead dead    dead    dead  dead    dead
POST /api/reset/finish                  dead dead   dead   dead   dead dead    dead    dead  dead    dead
GET /api/session                        ok   ok     ok     ok     ok   ok      ok      ok    out     out
PUT /api/avatar                         ok   ok     ok     ok     ok   ok      ok      ok    out     out
GET /api/avatars/alice's                ok   ok     ok     ok     ok   ok      ok      ok    out     out
DELETE /api/avatar                      ok   ok     ok     ok     ok   ok      ok      ok    out     out
POST /api/device.list                   ok   ok     ok     ok     ok   ok      ok      ok    out     out
GET /api/device.list                    none none   none   none   none none    none    none  none    none
GET /api/any/thing                      none none   none   none   none none    none    none  none    none
GET /socket.io/                         ok   ok     ok     ok     ok   ok      ok      ok    out     out
POST /socket.io/                        bad  bad    bad    bad    bad  bad     bad     bad   bad     bad
GET /                                   page page   page   page   page page    page    page  page    page
GET /any/page                           page page   page   page   page page    page    page  page    page
GET /trust                              none none   none   none   none none    none    none  none    none
GET /trust/ca.crt                       none none   none   none   none none    none    none  none    none
GET /trust/look.css                     none none   none   none   none none    none    none  none    none
POST /api/sign-out                      ok   ok     ok     ok     ok   ok      ok      ok    out     out
"""


def read_table(text: str) -> dict[str, dict[str, str]]:
    """Return line → actor → outcome."""
    header, *lines = text.strip("\n").splitlines()
    actors = header.split()[1:]
    table = {}
    for line in lines:
        what, *cells = line.rsplit(None, len(actors))
        assert len(cells) == len(actors) and what not in table, line
        table[what.strip()] = {actor: LEGEND[cell] for actor, cell in zip(actors, cells, strict=True)}
    return table
