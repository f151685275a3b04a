"""Who may pull what, several pulls at once, and what is done with the cache afterwards."""

import fcntl
import json
import os
import signal
import subprocess
import time

from hub_server import COMMIT, Faults, Hub, Repository
from pull_case import USED, PullCase, model_files
from tiny import ENGRAM, MODEL, SOURCE

PEERS = SOURCE / ".deps/peers/bin/python"


class Access(PullCase):
    def test_the_token_goes_to_the_hub(self):
        self.hub.repositories["org/name"].token = "hf_right"
        self.environment["HF_TOKEN"] = "hf_right"
        self.pull()
        self.assert_whole()
        self.assertTrue(all(headers["Authorization"] == "Bearer hf_right" for _, headers in self.hub.requests))

    def test_the_token_lies_in_a_file_too(self):
        self.hub.repositories["org/name"].token = "hf_right"
        (self.folder / "token").write_text("hf_right\n")
        self.pull()
        self.assert_whole()

    def test_the_token_is_not_sent_to_where_the_hub_redirects(self):
        self.environment["HF_TOKEN"] = "hf_right"
        with Hub() as other:
            other.repositories = self.hub.repositories
            self.hub.faults = Faults(redirect=other.address)
            self.pull()
            self.assertEqual(len(other.requests), 3)
            self.assertTrue(all("Authorization" not in headers for _, headers in other.requests))
        self.assertTrue(all("Authorization" in headers for _, headers in self.hub.requests))
        self.assert_whole()

    def test_a_redirected_download_is_taken_up_as_well(self):
        with Hub() as other:
            other.repositories = self.hub.repositories
            other.faults = Faults(cut_after=20000, cuts=1)
            self.hub.faults = Faults(redirect=other.address)
            self.pull()
            self.assertIn(("model.safetensors", "bytes=20000-"), other.files_asked())
        self.assert_whole()

    def test_redirects_in_a_circle_end(self):
        self.hub.faults = Faults(circle=True)
        self.assertIn("redirects in a circle", self.refused())
        self.assertEqual(len(self.hub.files_asked()), 11)

    def test_a_gated_repository_is_explained(self):
        repository = self.hub.repositories["org/name"]
        repository.token, repository.gated = "hf_right", True
        text = self.refused()
        self.assertIn("org/name: is gated: its owner wants the licence to be accepted first", text)
        self.assertIn(f"fix: accept the licence at {self.hub.address}/org/name, then set HF_TOKEN", text)
        self.environment["HF_TOKEN"] = "hf_wrong"
        self.assertIn("with the account of the token from HF_TOKEN", self.refused())

    def test_missing_and_private_repositories_are_explained(self):
        self.assertIn("org/none: is missing or private", self.refused("org/none"))
        self.environment["HF_TOKEN"] = "hf_wrong"
        self.assertIn("the token from HF_TOKEN does not open it", self.refused("org/none"))
        self.hub.repositories["org/name"].token = "hf_right"
        self.assertIn("does not accept the token from HF_TOKEN (HTTP 401: Invalid credentials)", self.refused())

    def test_a_missing_revision_is_told_from_a_missing_repository(self):
        self.assertIn("org/name: has no revision 'v9'", self.refused("org/name@v9"))

    def test_a_refusal_is_not_repeated(self):
        self.hub.faults = Faults(statuses=[403])
        self.assertIn("refuses (HTTP 403: as told)", self.refused())
        self.assertEqual(len(self.hub.files_asked()), 1)

    def test_offline_refuses_before_any_request(self):
        for name in ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"]:
            self.environment[name] = "1"
            text = self.refused()
            self.assertIn(f"{name} forbids the network", text)
            self.assertIn(f"fix: unset it for this command: env -u {name} engram pull org/name", text)
            del self.environment[name]
        self.assertEqual(self.hub.requests, [])

    def test_a_whole_commit_in_the_cache_needs_no_network(self):
        pinned = f"org/name@{COMMIT}"
        self.pull(pinned)
        for variable, value, reason in [("HF_HUB_OFFLINE", "1", "HF_HUB_OFFLINE forbids the network"),
                                        ("HF_ENDPOINT", "http://nowhere.invalid", "the name of the host is not known")]:
            before = self.environment.get(variable)
            self.environment[variable] = value
            done = self.pull(pinned)
            self.assertEqual(done.stdout, f"{self.snapshot}\n")
            self.assertIn("note: the server was not asked", done.stderr)
            self.assertIn(reason, done.stderr)
            self.refused("org/name")
            self.refused(pinned, "--all")
            weights = self.snapshot / "model.safetensors"
            weights.rename(self.folder / "aside")
            self.refused(pinned)
            (self.folder / "aside").rename(weights)
            self.environment.pop(variable)
            if before:
                self.environment[variable] = before

    def test_names_that_lead_out_of_the_folder_are_refused(self):
        for name in ["../../../escaped", "/escaped", "a/../../escaped"]:
            self.hub.repositories["org/name"].files = model_files() | {name: b"x"}
            text = self.refused("org/name", "--all")
            self.assertIn(f"the server names a file '{name}', which could be written anywhere", text)
        self.assertEqual(self.hub.files_asked(), [])
        self.assertFalse(self.cache.exists())

    def test_a_repository_with_pickles_only_is_refused_with_the_way_out(self):
        self.hub.repositories["org/name"] = Repository({"config.json": b"{}", "pytorch_model.bin": b"\x80"})
        text = self.refused()
        self.assertIn("org/name: holds its weights as pickles only (pytorch_model.bin), which can run code", text)
        self.assertIn("call save_pretrained(folder), and name that folder", text)
        self.assertFalse(self.cache.exists())

    def test_what_names_no_repository_is_refused(self):
        self.assertIn("'../x' names no repository", self.refused("../x"))

    def test_a_certificate_that_is_not_trusted_is_refused_until_it_is_named(self):
        import ssl
        files = self.folder / "key.pem", self.folder / "certificate.pem"
        made = subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                               "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", files[0],
                               "-out", files[1]], capture_output=True)
        if made.returncode != 0:
            self.skipTest("openssl cannot make a certificate")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(files[1], files[0])
        with Hub(context) as secure:
            secure.repositories = self.hub.repositories
            self.environment["HF_ENDPOINT"] = secure.address
            text = self.refused()
            self.assertIn("the TLS connection is not trusted", text)
            self.assertIn("let SSL_CERT_FILE name a file with its certificate", text)
            self.environment["SSL_CERT_FILE"] = str(files[1])
            self.pull()
            self.assert_whole()
            secure.faults = Faults(redirect=self.hub.address)
            secure.repositories["org/name"].commit = "f" * 40
            secure.repositories["org/name"].files["config.json"] += b"\n"
            self.assertIn("redirects from https to http", self.refused())


class Processes(PullCase):
    def start(self):
        pull = subprocess.Popen([ENGRAM, "pull", "org/name"], cwd=self.folder, env=self.environment,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(pull.kill)
        return pull

    def wait_for_part(self, before=0):
        for _ in range(6000):
            if self.partial().exists() and self.partial().stat().st_size > before:
                return
            time.sleep(0.01)
        self.fail("no part arrives")

    def test_an_interrupted_pull_keeps_its_part_and_the_next_one_goes_on(self):
        self.hub.faults = Faults(slow=0.5)
        part = 0
        for wanted in [signal.SIGINT, signal.SIGTERM]:
            pull = self.start()
            self.wait_for_part(part)
            pull.send_signal(wanted)
            text = pull.communicate(timeout=20)[1]
            self.assertEqual(pull.returncode, 5, text)
            self.assertIn("engram: interrupted\n  fix: pull again: it goes on where it stopped\n", text)
            self.assertFalse(self.main.exists())
            part = self.partial().stat().st_size
        self.hub.faults = Faults()
        self.assertIn("goes on at", self.pull().stderr)
        self.assertEqual(self.hub.files_asked()[-2], ("model.safetensors", f"bytes={part}-"))
        self.assert_whole()

    def test_two_pulls_at_once_download_every_file_once(self):
        self.hub.faults = Faults(slow=0.02)
        pulls = [self.start(), self.start()]
        texts = [pull.communicate(timeout=60)[1] for pull in pulls]
        self.assertEqual([pull.returncode for pull in pulls], [0, 0], texts)
        self.assertEqual(sorted(self.hub.files_asked()), [(name, None) for name in USED])
        self.assertIn("waiting: another pull of it is going on", "".join(texts))
        self.assertIn("Nothing to fetch", "".join(texts))
        self.assert_whole()

    def test_a_file_that_huggingface_hub_is_fetching_is_waited_for(self):
        lock = self.cache / ".locks/models--org--name" / (self.partial().name.replace(".incomplete", ".lock"))
        lock.parent.mkdir(parents=True)
        with open(lock, "w", encoding="utf-8") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            pull = self.start()
            self.assertTrue(any("waiting: another pull of it is going on" in line for line in pull.stderr))
            self.assertFalse(self.main.exists())
        pull.communicate(timeout=60)
        self.assertEqual(pull.returncode, 0)
        self.assert_whole()

    def test_a_pull_that_was_killed_does_not_lock_the_next_one_out(self):
        self.hub.faults = Faults(slow=0.05)
        pull = self.start()
        self.wait_for_part()
        pull.kill()
        pull.communicate()
        self.hub.faults = Faults()
        self.pull()
        self.assert_whole()


class Use(PullCase):
    def recipe_of(self, model):
        file = self.recipe()
        file.write_text(file.read_text().replace(str(MODEL), model))
        return file

    def test_a_recipe_names_a_pulled_model_and_the_plan_says_which_commit(self):
        self.pull()
        recipe = self.recipe_of("org/name")
        self.hub.requests.clear()
        text = self.engram("plan", recipe).stdout
        self.assertIn("repository            org/name\n", text)
        self.assertIn(f"commit                {COMMIT}\n", text)
        model = json.loads(self.engram("plan", recipe, "--json").stdout)["model"]
        self.assertEqual((model["reference"], model["commit"], model["folder"]), ("org/name", COMMIT, str(self.snapshot)))
        self.engram("plan", self.recipe_of("org/name@" + COMMIT))
        self.assertEqual(self.hub.requests, [])

    def test_a_run_records_reference_and_commit_and_its_adapter_finds_the_base_again(self):
        self.pull()
        self.hub.requests.clear()
        self.engram("run", self.recipe_of("org/name"), "--out", "out")
        model = json.loads((self.folder / "out/manifest.json").read_text())["model"]
        self.assertEqual((model["reference"], model["commit"], model["folder"]), ("org/name", COMMIT, str(self.snapshot)))
        provenance = json.loads((self.folder / "out/checkpoints/best/provenance.json").read_text())
        self.assertEqual(provenance["base"], "org/name@" + COMMIT)
        config = json.loads((self.folder / "out/checkpoints/best/adapter_config.json").read_text())
        self.assertEqual((config["base_model_name_or_path"], config["revision"]), ("org/name", COMMIT))
        said = self.engram("predict", "out", stdin="w5 w6 w7\n").stdout
        self.assertRegex(said, "^(left|right)\t.*\tw5 w6 w7\n$")
        self.assertEqual(self.hub.requests, [])

    def test_an_adapter_without_provenance_finds_its_base_by_name_and_revision(self):
        self.pull()
        self.engram("run", self.recipe_of("org/name"), "--out", "out")
        best = self.folder / "out/checkpoints/best"
        for name in ["provenance.json", "SHA256SUMS"]:
            (best / name).unlink()
        self.engram("predict", best, stdin="w5 w6 w7\n")
        self.main.unlink()
        self.engram("predict", best, stdin="w5 w6 w7\n")
        config = json.loads((best / "adapter_config.json").read_text())
        (best / "adapter_config.json").write_text(json.dumps(config | {"revision": None}))
        text = " ".join(self.engram("predict", best, stdin="w5\n", expect=3).stderr.split())
        self.assertIn("engram pull org/name", text)

    def test_huggingface_hub_makes_the_same_cache_and_either_goes_on_with_the_others(self):
        if not PEERS.exists():
            self.skipTest("the peers are not there: .ci/bootstrap parity")
        self.pull("org/name", "--all")
        theirs = self.folder / "theirs"
        program = ("from huggingface_hub import hf_hub_download\n"
                   f"for name in {sorted(USED + ['README.md'])}:\n"
                   f"    hf_hub_download('org/name', name, cache_dir={str(theirs)!r})\n")
        environment = self.environment | {"HF_HUB_DISABLE_XET": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}
        done = subprocess.run([PEERS, "-c", program], env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.tree(self.cache), self.tree(theirs))
        self.hub.requests.clear()
        self.environment["HF_HUB_CACHE"] = str(theirs)
        self.assertIn("Nothing to fetch", self.pull("org/name", "--all").stderr)
        self.assertEqual(self.hub.files_asked(), [])

    def tree(self, cache):
        """Names below a cache's repository: a link's target, a file's content."""
        folder = cache / "models--org--name"
        return {str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.read_bytes()
                for path in folder.rglob("*") if path.is_symlink() or path.is_file()}

    def test_peft_puts_an_adapter_on_the_pulled_base_offline(self):
        if not PEERS.exists():
            self.skipTest("the peers are not there: .ci/bootstrap parity")
        self.pull()
        self.engram("run", self.recipe_of("org/name"), "--out", "out")
        self.hub.requests.clear()
        program = ("from peft import AutoPeftModelForSequenceClassification as Model\n"
                   "model = Model.from_pretrained('out/checkpoints/best', num_labels=2, ignore_mismatched_sizes=True)\n"
                   "print(model.base_model.model.config._name_or_path, len(model.peft_config))\n")
        environment = self.environment | {"HF_HUB_OFFLINE": "1"}
        done = subprocess.run([PEERS, "-c", program], env=environment, cwd=self.folder, capture_output=True, text=True,
                              timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout.splitlines()[-1], "org/name 1")
        self.assertEqual(self.hub.requests, [])

    def test_a_model_that_was_not_pulled_is_refused_at_its_line(self):
        self.pull()
        text = " ".join(self.engram("plan", self.recipe_of("org/nmae"), expect=3).stderr.split())
        self.assertIn("tiny.lua:6: model = \"org/nmae\": there is neither a folder", text)
        self.assertIn("nor a model 'org/nmae' in the Hugging Face cache; did you mean 'org/name'?", text)
        self.assertIn("fix: correct the name, or fetch the model: engram pull org/nmae", text)

    def test_transformers_reads_what_was_pulled_offline(self):
        if not PEERS.exists():
            self.skipTest("the peers are not there: .ci/bootstrap parity")
        self.hub.repositories["org/name"].files["tokenizer_config.json"] = b'{"tokenizer_class": "PreTrainedTokenizerFast"}'
        self.pull()
        self.hub.requests.clear()
        program = ("from transformers import AutoModelForSequenceClassification as Model, AutoTokenizer\n"
                   "from huggingface_hub import scan_cache_dir, snapshot_download\n"
                   "print(snapshot_download('org/name', local_files_only=True))\n"
                   "print(sum(p.numel() for p in Model.from_pretrained('org/name').parameters()))\n"
                   "print(AutoTokenizer.from_pretrained('org/name')('w5 w6')['input_ids'])\n"
                   "info = scan_cache_dir()\n"
                   "print(len(info.warnings), [r.repo_id for r in info.repos])\n")
        environment = self.environment | {"HF_HUB_OFFLINE": "1"}
        done = subprocess.run([PEERS, "-c", program], env=environment, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], str(self.snapshot))
        self.assertEqual(lines[-1], "0 ['org/name']")
        self.assertEqual(self.hub.requests, [])
