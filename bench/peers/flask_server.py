"""The same conversation server on Flask-SocketIO (gevent): join, send, ack, deliver. It stores nothing."""

from gevent import monkey

monkey.patch_all()

import sys  # noqa: E402

from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, emit, join_room  # noqa: E402

app = Flask(__name__)
socketio = SocketIO(app, async_mode="gevent", cors_allowed_origins="*")


@socketio.on("join")
def join(group: str) -> bool:
    join_room(group)
    return True


@socketio.on("send")
def send(group: str, record: str) -> dict[str, int]:
    emit("message", record, room=group)
    return {"ok": 1}


if __name__ == "__main__":
    socketio.run(app, host="127.0.0.1", port=int(sys.argv[1]))
