"""A mail server that keeps nothing: each mail it takes is printed as one line of JSON.

The first line says the port. Recipients whose address begins with "refused" are refused for good, those that begin with
"later" the first time only.
"""

import asyncio
import email
import email.policy
import json
import socket
import sys

from aiosmtpd.smtp import SMTP

later = set()


def say(value):
    print(json.dumps(value), flush=True)


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("refused"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("later") and address not in later:
            later.add(address)
            return "451 4.7.1 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        say({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "sender": str(message["from"]),
            "subject": str(message["subject"]),
            "message_id": str(message["message-id"]),
            "text": message.get_content(),
        })
        return "250 OK"


async def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), hostname="mail.test"), sock=listener)
    say({"port": listener.getsockname()[1]})
    async with server:
        await server.serve_forever()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    sys.exit(0)
