// The same conversation server on Socket.IO for Node: join, send, ack, deliver. It stores nothing.
import { Server } from "socket.io";

const io = new Server(Number(process.argv[2]), { perMessageDeflate: false });

io.on("connection", (socket) => {
  socket.on("join", (group, done) => {
    socket.join(group);
    done(true);
  });
  socket.on("send", (group, record, done) => {
    io.to(group).emit("message", record);
    done({ ok: 1 });
  });
});
