"""What tests of sensitive columns share: a sealer and an opener with the same key."""

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.adapters.sealed_values import ValueOpener
from modelfleet.bootstrap.serving import value_sealer
from modelfleet.captures.sealed import Opener, Sealer

KEY = b"a key of tests"


def sealer() -> Sealer:
    """Encrypts as a predict function does."""
    return value_sealer(FixedKeys(KEY))


def opener() -> Opener:
    """Decrypts as the captures function does."""
    return ValueOpener(FixedKeys(KEY))
