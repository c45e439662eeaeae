"""Every label of section 1.5. None is used for two things, none begins another; all end with one byte 00."""


def make_label(name: str) -> bytes:
    """Return L(name)."""
    return name.encode("ascii") + b"\0"


AUTH = make_label("hearth auth v1")
KEK = make_label("hearth kek v1")

RECOVERY_AUTH = make_label("hearth recovery auth v1")
RECOVERY_KEM = make_label("hearth recovery kem v1")
RECOVERY_TAG = make_label("hearth recovery tag v1")
RECOVERY_CHECK = make_label("hearth recovery check v1")

KEM_KEY = make_label("hearth kem key v1")
FINGERPRINT = make_label("hearth fingerprint v1")

VAULT_KEY = make_label("hearth vault key v1")
VAULT = make_label("hearth vault v1")
VAULT_WRAP = make_label("hearth vault wrap v1")
VAULT_WAY = make_label("hearth vault way v1")
VAULT_WAY_TAG = make_label("hearth vault way tag v1")

USER_CHAIN = make_label("hearth user chain v1")
IDENTITY = make_label("hearth identity v1")

GENERATION_STATEMENT = make_label("hearth generation statement v1")
GENERATION = make_label("hearth generation v1")
GENERATION_WRAP = make_label("hearth generation wrap v1")
PREDECESSOR = make_label("hearth predecessor v1")
SET = make_label("hearth set v1")

RECEIVE = make_label("hearth receive v1")

ROW = make_label("hearth row v1")
ROW_SET = make_label("hearth row set v1")
PIN = make_label("hearth pin v1")

PRIVATE = make_label("hearth private v1")

DIRECT = make_label("hearth direct v1")
SELF = make_label("hearth self v1")
GROUP = make_label("hearth group v1")

EPOCH = make_label("hearth epoch v1")
ROSTER = make_label("hearth roster v1")
EPOCH_COMMITMENT = make_label("hearth epoch commitment v1")
EPOCH_KEY = make_label("hearth epoch key v1")
EPOCH_WRAP = make_label("hearth epoch wrap v1")

REWRAP_REQUEST = make_label("hearth rewrap request v1")
REWRAP = make_label("hearth rewrap v1")
HISTORY_WRAP = make_label("hearth history wrap v1")
HISTORY = make_label("hearth history v1")

LEAVE = make_label("hearth leave v1")
RESTORED = make_label("hearth restored v1")

RECORD = make_label("hearth record v1")
RECORD_KEY = make_label("hearth record key v1")
LOG = make_label("hearth log v1")

FILE = make_label("hearth file v1")
CALL = make_label("hearth call v1")

JOIN = make_label("hearth join v1")
LINK = make_label("hearth link v1")

CONVERSATION_CODE = make_label("hearth conversation code v1")
SAFETY_NUMBER = make_label("hearth safety number v1")
