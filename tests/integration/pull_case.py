"""What the tests of `engram pull` share: a hub with one repository, and the cache that it is pulled into."""

import hashlib

from hub_server import COMMIT, Hub, Repository
from tiny import MODEL, TinyCase

USED = ["config.json", "model.safetensors", "tokenizer.json"]


def model_files():
    return {name: (MODEL / name).read_bytes() for name in USED}


class PullCase(TinyCase):
    def setUp(self):
        super().setUp()
        self.hub = Hub().__enter__()
        self.addCleanup(self.hub.__exit__)
        self.cache = self.folder / "hub"
        self.hub.repositories["org/name"] = Repository(model_files() | {"README.md": b"# Read me\n", "pytorch_model.bin": b"\x80"})
        for name in ["HF_TOKEN", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE",
                     "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"]:
            self.environment.pop(name, None)
        self.environment |= {"HF_ENDPOINT": self.hub.address, "HF_HOME": str(self.folder)}
        self.snapshot = self.cache / "models--org--name/snapshots" / COMMIT
        self.blobs = self.cache / "models--org--name/blobs"
        self.main = self.cache / "models--org--name/refs/main"

    def pull(self, repository="org/name", *options, expect=0):
        return self.engram("pull", repository, *options, expect=expect)

    def refused(self, repository="org/name", *options, expect=3):
        return " ".join(self.pull(repository, *options, expect=expect).stderr.split())

    def files_of_snapshot(self):
        return sorted(str(file.relative_to(self.snapshot)) for file in self.snapshot.rglob("*") if file.is_file())

    def weights(self):
        return self.hub.repositories["org/name"].files["model.safetensors"]

    def partial(self):
        return self.blobs / (hashlib.sha256(self.weights()).hexdigest() + ".incomplete")

    def assert_whole(self):
        self.assertEqual(self.files_of_snapshot(), USED)
        for name in USED:
            self.assertEqual((self.snapshot / name).read_bytes(), (MODEL / name).read_bytes())
        self.assertEqual(self.main.read_text(), COMMIT)
        self.assertEqual([file.name for file in self.blobs.iterdir() if file.name.endswith(".incomplete")], [])
