"""A certificate authority of our own, made by openssl in a folder: ca.pem, and by name NAME.pem and NAME.key."""

import ssl
import subprocess

NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
HERE = "DNS:localhost,IP:127.0.0.1"


class Authority:
    def __init__(self, folder, others=()):
        self.folder = folder
        for ca in ("ca", *others):
            self._openssl("req", "-x509", *NEW_KEY, "-keyout", f"{ca}.key", "-out", f"{ca}.pem",
                          "-subj", f"/CN={ca}", "-days", "2",
                          "-addext", "keyUsage=critical,keyCertSign")

    def _openssl(self, *words):
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def __truediv__(self, name):
        return self.folder / name

    def issue(self, name, subject_names=HERE, days=30):
        """A pair for these names; days may be negative: it has expired then."""
        (self.folder / "names").write_text(f"subjectAltName={subject_names}\n")
        self._openssl("req", "-new", *NEW_KEY, "-keyout", f"{name}.key", "-out", f"{name}.csr",
                      "-subj", f"/CN={name}")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                      "-CAcreateserial", "-out", f"{name}.pem", "-days", str(days),
                      "-extfile", "names")
        (self.folder / f"{name}.key").chmod(0o600)

    def settings(self, name, listener="chat"):
        """A listener's settings for the pair of that name."""
        return {f"listener.{listener}.tls_certificate": self / f"{name}.pem",
                f"listener.{listener}.tls_key": self / f"{name}.key"}

    def trust(self, **attributes):
        """What a client trusts who trusts this authority."""
        context = ssl.create_default_context(cafile=self / "ca.pem")
        for attribute, value in attributes.items():
            setattr(context, attribute, value)
        return context
