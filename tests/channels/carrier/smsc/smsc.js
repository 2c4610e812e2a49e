'use strict';
// A gateway of texts on the npm package smpp (node-smpp): what it hears it prints, one JSON line each; what it is to
// do stands on the lines of its input. It ends with its input. Its argument, where it has one, is the folder of cert.pem
// and key.pem: then it speaks TLS.
//
//   {"do": "throttle", "count": 1}       the next so many texts are answered ESME_RTHROTTLED
//   {"do": "mute", "count": 1}           the next so many are taken and never answered
//   {"do": "hold"} {"do": "release"}     answers wait until they are let go
//   {"do": "deliver", "id": 7, "pdu": {...}}   a deliver_sm; short_message and message_payload in hexadecimal
//   {"do": "cut"}                        the connection is cut
//   {"do": "unbind"}                     goodbye is said
const fs = require('fs');
const smpp = require('smpp');
const readline = require('readline');

const tell = (event) => process.stdout.write(JSON.stringify(event) + '\n');
const hex = (text) => Buffer.from(text, 'hex');
const bytes = (value) => (Buffer.isBuffer(value) ? value : Buffer.from(value && value.message ? value.message : []));

let session = null;
let throttled = 0;
let muted = 0;
let named = 0;
let held = null;


function answer(pdu, options) {
    const send = () => session && session.send(pdu.response(options));
    if (held) held.push(send); else send();
}

const folder = process.argv[2];
const read = (name) => fs.readFileSync(`${folder}/${name}`);
const options = folder ? { cert: read('cert.pem'), key: read('key.pem') } : {};

const server = smpp.createServer(options, (client) => {
    session = client;
    client.on('bind_transceiver', (pdu) => {
        tell({ event: 'bind', system_id: pdu.system_id, password: pdu.password, version: pdu.interface_version });
        const known = pdu.password === 'secret08';
        client.send(pdu.response({ command_status: known ? smpp.ESME_ROK : smpp.ESME_RBINDFAIL, system_id: 'smsc' }));
    });
    client.on('submit_sm', (pdu) => {
        const status = throttled > 0 ? smpp.ESME_RTHROTTLED : smpp.ESME_ROK;
        if (throttled > 0) throttled -= 1;
        const id = status === smpp.ESME_ROK ? (0x1A2B3C00 + (named += 1)).toString(16).toUpperCase() : '';
        const message = pdu.short_message.message;
        const udh = pdu.short_message.udh;
        tell({
            event: 'submit', id, status, source: pdu.source_addr, destination: pdu.destination_addr,
            ton: pdu.dest_addr_ton, coding: pdu.data_coding, esm_class: pdu.esm_class,
            receipt: pdu.registered_delivery, text: typeof message === 'string' ? message : bytes(message).toString('hex'),
            udh: udh ? udh.map((element) => element.toString('hex')) : null,
        });
        if (status === smpp.ESME_ROK && muted > 0) {
            muted -= 1;
            return;
        }
        answer(pdu, { command_status: status, message_id: id });
    });
    client.on('enquire_link', (pdu) => {
        tell({ event: 'enquire_link' });
        client.send(pdu.response());
    });
    client.on('unbind', (pdu) => {
        tell({ event: 'unbind' });
        client.send(pdu.response());
        client.close();
    });
    client.on('unknown', () => tell({ event: 'unknown' }));
    client.on('error', () => {});
    client.on('close', () => {
        if (session === client) session = null;
        tell({ event: 'closed' });
    });
});

const orders = {
    throttle: (order) => { throttled = order.count; },
    mute: (order) => { muted = order.count; },
    hold: () => { held = []; },
    release: () => {
        const waiting = held || [];
        held = null;
        waiting.forEach((send) => send());
    },
    deliver: (order) => {
        const pdu = Object.assign({}, order.pdu);
        for (const field of ['short_message', 'message_payload']) {
            if (typeof pdu[field] === 'string') pdu[field] = hex(pdu[field]);
        }
        session.deliver_sm(pdu, (answered) => {
            tell({ event: 'deliver_resp', id: order.id, status: answered.command_status });
        });
    },
    cut: () => session && session.destroy(),
    unbind: () => session && session.unbind(),
};

readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const order = JSON.parse(line);
    orders[order.do](order);
}).on('close', () => process.exit(0));

server.listen(0, '127.0.0.1', () => tell({ event: 'listening', port: server.address().port }));
