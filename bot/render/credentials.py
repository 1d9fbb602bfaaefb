"""Who signs the videos: the operator's certificate, or one that is made here once. It names no person."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from storage.secret_file import keep_once

LIFE = timedelta(days=3650)
SIDE = 32
"""Bytes of each of the two numbers of a signature on P-256."""

KEPT_AS = "c2pa.pem"
"""The file of DATA_DIR with what was made here."""


class BadCredentials(Exception):
    """The certificate or the key cannot be used; the text says why and what to do."""


@dataclass(frozen=True)
class Credentials:
    """A certificate with those above it, and what signs for it.

    Args:
        certificates: in PEM, the signer's first.
        sign: makes a signature of ES256, 64 bytes.
    """

    certificates: str
    sign: Callable[[bytes], bytes] = field(repr=False)


def load_credentials(certificate: Path, key: Path) -> Credentials:
    """Read the operator's certificate (PEM, with those above it) and its key (PEM, EC P-256, without a password).

    Raises:
        BadCredentials: they cannot be used.
    """
    try:
        found = x509.load_pem_x509_certificates(certificate.read_bytes())
        chain = b"".join(each.public_bytes(Encoding.PEM) for each in found).decode()  # and no key beside them
    except (OSError, ValueError) as error:
        raise BadCredentials(f"{certificate}: is no certificate in PEM that can be read ({_why(error)})") from error
    try:
        private = load_pem_private_key(key.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise BadCredentials(f"{key}: is no key in PEM without a password that can be read ({_why(error)})") from error
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise BadCredentials(f"{key}: is no EC key on the curve P-256 (prime256v1)")
    if found[0].public_key() != private.public_key():
        raise BadCredentials(f"{key}: is not the key of {certificate}; give the two that belong together")
    return Credentials(chain, _signing(private))


def _why(error: Exception) -> str:
    return error.strerror or "unreadable" if isinstance(error, OSError) else type(error).__name__


def load_or_make_credentials(folder: Path) -> Credentials:
    """Read what is kept in a folder; the first time, make a root and a signer under it.

    Readers call the signer unknown, and find every change of a video all the same.

    Raises:
        BadCredentials: what is kept there is damaged.
        OSError: it can be neither read nor written.
    """
    path = folder / KEPT_AS
    if not path.exists():
        keep_once(path, _make())
    return load_credentials(path, path)


def _signing(key: ec.EllipticCurvePrivateKey) -> Callable[[bytes], bytes]:
    def sign(data: bytes) -> bytes:
        return b"".join(n.to_bytes(SIDE, "big") for n in decode_dss_signature(key.sign(data, ec.ECDSA(SHA256()))))

    return sign


def _make() -> bytes:
    """Return a key and its certificates, in one piece: half of it is of no use."""
    root, signer = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name = f"emobot {secrets.token_hex(4)}"
    above = (
        _certificate(f"{name} root", f"{name} root", root.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .sign(root, SHA256())
    )
    mine = (
        _certificate(name, f"{name} root", signer.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), critical=False)
        .sign(root, SHA256())
    )
    private = signer.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return mine.public_bytes(Encoding.PEM) + above.public_bytes(Encoding.PEM) + private


def _usage(*, signs: bool) -> x509.KeyUsage:
    """Return what a key is for: to sign videos, or the certificates of those that do."""
    return x509.KeyUsage(
        digital_signature=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=not signs,
        crl_sign=not signs,
        encipher_only=False,
        decipher_only=False,
    )


def _certificate(subject: str, issuer: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
