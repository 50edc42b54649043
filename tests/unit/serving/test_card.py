"""The model card, as served."""

import re
from urllib.parse import urljoin

import pytest

from modelfleet.catalogue import find
from modelfleet.pages.neighbors import MARK
from modelfleet.registry.manifest import CARD_FILE, MANIFEST_FILE, BundleManifest, sha256
from modelfleet.storage import keys
from tests.serving import CARD, Service, put_bundle, put_pointer, serving

SPEC = find("bankchurn")
FOLDER = keys.bundle("bankchurn", "1")


def test_it_is_the_page_of_the_bundle() -> None:
    """A browser gets the served version's own card, and may load and run nothing from it."""
    reply = serving(SPEC).gateway.get("/bankchurn/card")
    assert (reply.status, reply.text) == (200, CARD.decode())
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    policy = reply.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline';")
    assert "script-src" not in policy


def test_the_model_links_it() -> None:
    """`GET /model` names the card by an address relative to its own."""
    gateway = serving(SPEC).gateway
    assert gateway.get("/bankchurn/model").body["card"] == "card"
    assert "/bankchurn/card" in gateway.get("/bankchurn/").body["routes"]


def test_it_is_there_where_the_documentation_is_not() -> None:
    """The card answers in every stage; whether it asks for a key is the gateway's to say."""
    service = Service(SPEC, docs_enabled=False)
    put_bundle(service.store, SPEC, "1")
    put_pointer(service.store, "bankchurn", "1")
    assert service.gateway.get("/bankchurn/card").status == 200


def test_an_altered_card_is_not_shown() -> None:
    """A card that fails its checksum is 503, is told, and predictions go on."""
    service = serving(SPEC)
    service.store.put(f"{FOLDER}/{CARD_FILE}", b"<script>alert(1)</script>")
    reply = service.gateway.get("/bankchurn/card")
    assert (reply.status, reply.body["detail"]) == (
        503,
        "The model card cannot be read; try again.",
    )
    assert len(service.telemetry.failures) == 1
    assert service.gateway.post("/bankchurn/predict", SPEC.features.example()).status == 200


def test_a_bundle_without_a_card_links_none() -> None:
    """What was bundled before there were cards has none, and serves all the same."""
    service = serving(SPEC)
    manifest = BundleManifest.parse(service.store.get(f"{FOLDER}/{MANIFEST_FILE}").content)
    files = {name: sum_ for name, sum_ in manifest.files.items() if name != CARD_FILE}
    content = manifest.model_copy(update={"files": files}).model_dump_json().encode()
    service.store.put(f"{FOLDER}/{MANIFEST_FILE}", content)
    assert service.gateway.get("/bankchurn/model").body["card"] is None
    assert service.gateway.get("/bankchurn/card").status == 404


def test_another_version_has_its_own() -> None:
    """A card is kept while its version serves, and not longer."""
    service = serving(SPEC)
    assert service.gateway.get("/bankchurn/card").status == 200
    service.store.put(f"{FOLDER}/{CARD_FILE}", b"gone")
    assert service.gateway.get("/bankchurn/card").text == CARD.decode()
    put_bundle(service.store, SPEC, "2")
    put_pointer(service.store, "bankchurn", "2")
    service.store.put(f"{keys.bundle('bankchurn', '2')}/{CARD_FILE}", b"altered")
    service.clock.now += 100.0
    service.gateway.get("/bankchurn/ready")
    assert service.gateway.get("/bankchurn/card").status == 503


def test_nothing_released_has_no_card() -> None:
    """Before the first release there is nothing to show."""
    assert Service(SPEC).gateway.get("/bankchurn/card").status == 503


@pytest.mark.parametrize("documented", [True, False])
def test_the_page_links_to_its_neighbors(documented: bool) -> None:
    """Relative to the card: the model in the console, and the documentation if it is on."""
    service = Service(SPEC, docs_enabled=documented)
    page = CARD + f"{MARK}a copy{MARK}".encode()
    put_bundle(service.store, SPEC, "1")
    folder = keys.bundle(SPEC.name, "1")
    manifest = service.store.get(f"{folder}/{MANIFEST_FILE}").content.decode()
    service.store.put(
        f"{folder}/{MANIFEST_FILE}", manifest.replace(sha256(CARD), sha256(page)).encode()
    )
    service.store.put(f"{folder}/{CARD_FILE}", page)
    put_pointer(service.store, SPEC.name, "1")
    text = service.gateway.get(f"/{SPEC.name}/card").text
    links = [urljoin(f"/dev/{SPEC.name}/card", each) for each in re.findall(r'href="(.*?)"', text)]
    docs = [f"/dev/{SPEC.name}/docs"] if documented else []
    assert links == [f"/dev/console/models/{SPEC.name}", *docs]
