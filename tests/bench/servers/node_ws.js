// A room as people write one with the `ws` package: everybody hears what is public, the
// recipient and the sender what is private. Prints the port it listens on.
'use strict';
const { WebSocketServer, WebSocket } = require('ws');

const members = new Map();
let last = 0;

const server = new WebSocketServer({
	host: '127.0.0.1', port: 0, path: '/ws', backlog: 4096, perMessageDeflate: false,
}, () => console.log(server.address().port));

function take(socket, id, text) {
	let said;
	try {
		said = JSON.parse(text);
	} catch {
		socket.close(1008);
		return;
	}
	const frame = JSON.stringify({
		type: said.type, from: id, to: said.to, sender_name: 'load' + id, content: said.content,
		timestamp: new Date().toISOString(),
	});
	if (said.type === 'private') {
		members.get(said.to)?.send(frame);
		socket.send(frame);
		return;
	}
	for (const member of members.values())
		if (member.readyState === WebSocket.OPEN)
			member.send(frame);
}

server.on('connection', (socket) => {
	const id = String(++last);

	members.set(id, socket);
	socket.on('message', (data) => take(socket, id, data.toString()));
	socket.on('close', () => members.delete(id));
	socket.on('error', () => socket.terminate());
	socket.send(JSON.stringify({ welcome: id }));
});
