"""Tokens for scenarios: of Hubbub's own form, made as docs/auth.md says, and JWTs by another library."""

import base64
import hashlib
import hmac
import json
import os
import subprocess
import time

import jwt


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Keys:
    """A folder of key files; what they are is readable by nobody else."""

    def __init__(self, folder):
        self.folder = folder
        self.kids = []

    def path(self, kid):
        return self.folder / f"{kid}.key"

    def write(self, kid, content):
        with open(os.open(self.path(kid), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            file.write(content)
        if kid not in self.kids:
            self.kids.append(kid)

    def secret(self, kid):
        self.write(kid, os.urandom(32).hex() + "\n")

    def pair(self, kid, *algorithm):
        """A public key in the folder, the private one beside it."""
        private = self.folder / f"{kid}.pem"
        openssl("genpkey", *algorithm, "-out", private)
        self.write(kid, openssl("pkey", "-in", private, "-pubout"))

    def setting(self, *kids):
        return " ".join(f"{kid}:{self.path(kid)}" for kid in kids or self.kids)

    def token(self, key, user, seconds=3600, **claims):
        """Of our own form."""
        claims = {"kid": key, "sub": user, "exp": int(time.time()) + seconds, **claims}
        payload = b64(json.dumps(claims).encode())
        secret = self.path(key).read_bytes().strip()
        return f"{payload}.{b64(hmac.digest(secret, payload.encode(), hashlib.sha256))}"

    def jwt(self, kid, user, algorithm="HS256", seconds=3600, key=None, **claims):
        claims = {"sub": user, "exp": int(time.time()) + seconds, **claims}
        if key is None:
            key = self.folder / f"{kid}.pem" if algorithm != "HS256" else self.path(kid)
            key = key.read_text().strip()
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


def openssl(*words):
    done = subprocess.run(
        ["openssl", *map(str, words)], capture_output=True, text=True, timeout=30, check=True
    )
    return done.stdout
