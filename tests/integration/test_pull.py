"""`engram pull` from a hub that the test starts: what lies in the cache, and what happens when the hub misbehaves."""

import hashlib
import json
import os
import subprocess
import time
from pathlib import Path

from hub_server import COMMIT, Faults, Repository, git_hash
from pull_case import USED, PullCase, model_files
from tiny import ENGRAM


class Pull(PullCase):
    def test_a_pull_lays_files_out_as_huggingface_hub_does(self):
        done = self.pull()
        self.assertEqual(done.stdout, f"{self.snapshot}\n")
        self.assertIn("org/name, commit c0ffee000000: 3 files", done.stderr)
        self.assertIn("left out: README.md, pytorch_model.bin", done.stderr)
        self.assertIn('Use it: model = "org/name"', done.stderr)
        self.assert_whole()
        self.assertTrue(all(f"/resolve/{COMMIT}/" in path for path, _ in self.hub.requests[1:]))
        for name, digest in [("config.json", git_hash(model_files()["config.json"])),
                             ("model.safetensors", hashlib.sha256(self.weights()).hexdigest())]:
            self.assertEqual(os.readlink(self.snapshot / name), f"../../blobs/{digest}")

    def test_a_second_pull_downloads_nothing(self):
        self.pull()
        self.hub.requests.clear()
        self.assertIn("Nothing to fetch", self.pull().stderr)
        self.assertEqual(self.hub.files_asked(), [])
        self.assertEqual(len(self.hub.requests), 1)

    def test_a_file_that_is_gone_is_fetched_again_by_itself(self):
        self.pull()
        (self.snapshot / "config.json").resolve().unlink()
        self.hub.requests.clear()
        self.pull()
        self.assertEqual(self.hub.files_asked(), [("config.json", None)])
        self.assert_whole()

    def test_a_new_commit_keeps_the_old_snapshot_and_fetches_what_changed(self):
        self.pull()
        repository = self.hub.repositories["org/name"]
        repository.commit = "f" * 40
        repository.files["config.json"] += b"\n"
        self.hub.requests.clear()
        self.pull()
        self.assertEqual(self.hub.files_asked(), [("config.json", None)])
        self.assertEqual(self.main.read_text(), "f" * 40)
        self.assertEqual(self.files_of_snapshot(), USED)

    def test_branches_tags_and_commits_are_pulled(self):
        self.hub.repositories["org/name"].revisions = ("main", "v1.0", "refs/pr/1")
        self.pull("org/name@v1.0")
        self.assertEqual((self.main.parent / "v1.0").read_text(), COMMIT)
        self.pull("org/name@refs/pr/1")
        self.assertEqual((self.main.parent / "refs/pr/1").read_text(), COMMIT)
        self.pull("org/name@" + COMMIT)
        self.assertFalse((self.main.parent / COMMIT).exists())
        self.assertFalse(self.main.exists())
        self.assertIn("/revision/refs%2Fpr%2F1?", "".join(path for path, _ in self.hub.requests))

    def test_all_takes_everything_but_pickles(self):
        self.pull("org/name", "--all")
        self.assertEqual(self.files_of_snapshot(), sorted(USED + ["README.md"]))

    def test_files_in_folders_get_links_of_the_right_depth(self):
        files = {"questions/adapter_config.json": b"{}", "questions/adapter_model.safetensors": b"weights"}
        self.hub.repositories["org/adapters"] = Repository(files)
        folder = Path(self.pull("org/adapters").stdout.strip())
        self.assertEqual(os.readlink(folder / "questions/adapter_config.json"), "../../../blobs/" + git_hash(b"{}"))
        self.assertEqual((folder / "questions/adapter_model.safetensors").read_bytes(), b"weights")

    def test_names_with_unusual_characters_and_empty_files_are_fetched(self):
        self.hub.repositories["org/odd"] = Repository({"config.json": b"{}", "a b+#?%41.txt": b"odd", "empty.txt": b""})
        folder = Path(self.pull("org/odd", "--all").stdout.strip())
        self.assertEqual((folder / "a b+#?%41.txt").read_bytes(), b"odd")
        self.assertEqual((folder / "empty.txt").read_bytes(), b"")

    def test_json_tells_every_event(self):
        self.hub.faults = Faults(cut_after=100, cuts=1)
        events = [json.loads(line) for line in self.pull("org/name", "--json").stdout.splitlines()]
        self.assertEqual([event["event"] for event in events],
                         ["listed", "file_begins", "retries", "file_ends", "file_begins", "file_ends", "file_begins",
                          "file_ends", "pulled"])
        self.assertEqual(events[0]["commit"], COMMIT)
        self.assertEqual(events[0]["left_out"], ["README.md", "pytorch_model.bin"])
        self.assertEqual(events[2]["file"], "config.json")
        self.assertEqual(events[-1]["folder"], str(self.snapshot))
        self.assertEqual(events[-1]["downloaded"], sum(map(len, model_files().values())))

    def test_json_tells_a_failure_as_its_last_line(self):
        last = json.loads(self.pull("org/none", "--json", expect=3).stdout.splitlines()[-1])
        self.assertEqual((last["event"], last["exit_code"]), ("failed", 3))
        self.assertIn("is missing or private", last["faults"][0]["what"])

    def test_a_repository_without_tokenizer_json_is_pulled_with_a_note(self):
        files = model_files()
        del files["tokenizer.json"]
        self.hub.repositories["org/name"] = Repository(files | {"vocab.txt": b"w5\n"})
        self.assertIn("the repository has no tokenizer.json", self.pull().stderr)

    def test_help_does_not_wait_for_libraries(self):
        times = []
        for _ in range(3):
            start = time.monotonic()
            self.assertIn("org/name@revision", self.engram("pull", "--help").stdout)
            times.append(time.monotonic() - start)
        self.assertLess(min(times), 0.3)


class Trouble(PullCase):
    def test_a_cut_connection_is_taken_up_where_it_was_cut(self):
        self.hub.faults = Faults(cut_after=20000, cuts=2)
        text = self.pull().stderr
        self.assertIn("again in 0.5 s", text)
        asked = [wanted for name, wanted in self.hub.files_asked() if name == "model.safetensors"]
        self.assertEqual(asked, [None, "bytes=20000-", "bytes=40000-"])
        self.assert_whole()

    def test_a_connection_that_falls_silent_counts_as_cut(self):
        self.environment["HF_HUB_DOWNLOAD_TIMEOUT"] = "1"
        self.hub.faults = Faults(silent=1)
        self.pull()
        self.assert_whole()

    def test_a_pull_that_is_cut_for_good_keeps_its_part_and_goes_on_later(self):
        self.hub.faults = Faults(cut_after=20000, cuts=1, after_cut=[502] * 4)
        text = self.refused()
        self.assertIn("fails (HTTP 502: as told)", text)
        self.assertIn("pull again later: it goes on where it stopped", text)
        self.assertFalse(self.main.exists())
        self.assertEqual(self.partial().stat().st_size, 20000)
        self.hub.faults = Faults()
        self.hub.requests.clear()
        self.pull()
        self.assertEqual(self.hub.files_asked()[0], ("model.safetensors", "bytes=20000-"))
        self.assert_whole()

    def test_a_server_that_ignores_ranges_is_read_from_the_start(self):
        self.hub.faults = Faults(cut_after=20000, cuts=1, ranges=False)
        self.pull()
        self.assertIn(("model.safetensors", "bytes=20000-"), self.hub.files_asked())
        self.assert_whole()

    def test_a_server_that_sends_another_range_is_asked_from_the_start(self):
        self.hub.faults = Faults(cut_after=20000, cuts=1, wrong_range=1)
        self.assertIn("sends other bytes than those asked for", self.pull().stderr)
        self.assert_whole()

    def test_a_range_that_is_refused_is_asked_from_the_start(self):
        self.hub.faults = Faults(cut_after=20000, cuts=1, no_range=1)
        self.pull()
        self.assert_whole()

    def test_a_part_that_has_suffered_is_fetched_once_more_from_the_start(self):
        self.blobs.mkdir(parents=True)
        self.partial().write_bytes(b"\0" * 1000)
        self.pull()
        asked = [wanted for name, wanted in self.hub.files_asked() if name == "model.safetensors"]
        self.assertEqual(asked, ["bytes=1000-", None])
        self.assert_whole()

    def test_a_wrong_size_is_refused_and_nothing_points_to_it(self):
        self.hub.faults = Faults(lengths={"model.safetensors": "50"})
        text = self.refused()
        self.assertIn("'model.safetensors' has the wrong size: 50 bytes arrive, and the listing says", text)
        self.assertFalse(self.main.exists())
        self.assertFalse(self.partial().exists())

    def test_more_bytes_than_listed_are_refused(self):
        self.hub.repositories["org/name"].listed["config.json"] = {"size": 10}
        self.assertIn("'config.json' has the wrong size", self.refused())
        self.assertFalse((self.snapshot / "config.json").exists())

    def test_a_wrong_checksum_is_refused_and_nothing_points_to_it(self):
        for name, change in [("config.json", {"blobId": "1" * 40}),
                             ("model.safetensors", {"lfs": {"sha256": "2" * 64, "size": len(self.weights())}})]:
            self.hub.repositories["org/name"].listed = {name: change}
            text = self.refused()
            self.assertIn(f"'{name}' has the wrong checksum:", text)
            self.assertIn("the server or a proxy before it changes files", text)
            self.assertFalse((self.snapshot / name).exists())
            self.assertFalse(self.main.exists())
        self.assertEqual([file for file in self.blobs.iterdir() if file.name.endswith(".incomplete")], [])

    def test_errors_of_the_server_are_met_by_asking_again(self):
        self.hub.faults = Faults(list_statuses=[503], statuses=[500, 429])
        text = self.pull().stderr
        self.assertIn("list of files", text)
        self.assertIn("fails (HTTP 503: as told)", text)
        self.assertIn("takes no more requests for now (HTTP 429: as told)", text)
        self.assert_whole()

    def test_a_server_that_goes_on_failing_is_given_up(self):
        self.hub.faults = Faults(list_statuses=[500] * 9)
        self.assertIn("fails (HTTP 500: as told)", self.refused())
        self.assertEqual(len(self.hub.requests), 5)

    def test_retry_after_is_waited_for_unless_it_is_long(self):
        self.hub.faults = Faults(list_statuses=[429], headers={"Retry-After": "2"})
        start = time.monotonic()
        self.assertIn("again in 2.0 s", self.pull().stderr)
        self.assertGreater(time.monotonic() - start, 2)
        self.hub.faults = Faults(list_statuses=[429], headers={"Retry-After": "3600"})
        self.assertIn("it asks to wait 1 h 00 min", self.refused())

    def test_a_server_that_is_not_there_is_named(self):
        self.environment["HF_ENDPOINT"] = f"http://localhost:{1}"
        text = self.refused()
        self.assertIn("localhost: cannot be reached:", text)
        self.assertIn("HF_ENDPOINT, https_proxy and no_proxy", text)
        self.environment["HF_ENDPOINT"] = "http://nowhere.invalid"
        self.assertIn("nowhere.invalid: the name of the host is not known:", self.refused())

    def test_a_proxy_of_the_environment_is_used_and_no_proxy_respected(self):
        self.environment["HF_ENDPOINT"] = "http://hub.invalid"
        self.environment["http_proxy"] = self.hub.address
        self.pull()
        self.assert_whole()
        self.assertTrue(self.hub.requests[0][0].startswith("http://hub.invalid/api/models/org/name"))
        self.hub.requests.clear()
        self.environment["no_proxy"] = "hub.invalid"
        self.assertIn("the name of the host is not known", self.refused())
        self.assertEqual(self.hub.requests, [])

    def test_an_answer_that_is_no_hubs_is_refused(self):
        self.environment["HF_ENDPOINT"] = self.hub.address + "/org/name/resolve/" + COMMIT + "/README.md?"
        self.assertIn("the answer is not that of a Hugging Face hub", self.refused())
        self.environment["HF_ENDPOINT"] = self.hub.address + "/org/name/resolve/" + COMMIT + "/config.json?"
        self.assertIn("the answer is not that of a Hugging Face hub", self.refused())

    def test_a_full_disk_ends_the_pull_with_its_own_code_and_keeps_the_part(self):
        # The system ends writes beyond 8 KiB, as a full disk would.
        limited = ["bash", "-c", 'trap "" XFSZ; ulimit -f 8; exec "$@"', "-", ENGRAM, "pull", "org/name"]
        done = subprocess.run(limited, env=self.environment, cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 6, done.stderr)
        self.assertIn("cannot be written: File too large", done.stderr)
        self.assertEqual(self.partial().stat().st_size, 8 * 1024)
        self.assertFalse(self.main.exists())
        self.pull()
        self.assertIn(("model.safetensors", "bytes=8192-"), self.hub.files_asked())
        self.assert_whole()

    def test_a_cache_that_cannot_be_written_is_named(self):
        (self.folder / "file").write_text("no folder")
        self.environment["HF_HUB_CACHE"] = str(self.folder / "file")
        text = self.refused(expect=6)
        self.assertIn("cannot be made: Not a directory", text)
        self.assertIn("let HF_HUB_CACHE name a folder that can be written", text)

    def test_a_server_that_ignores_ranges_and_cuts_is_given_up(self):
        self.hub.faults = Faults(cut_after=20000, cuts=99, ranges=False)
        text = self.refused()
        self.assertIn("the connection was cut", text)
        self.assertEqual(len(self.hub.files_asked()), 1 + 5)

    def test_files_larger_than_the_disk_are_refused_before_the_first_byte(self):
        self.hub.repositories["org/name"].listed["config.json"] = {"size": 10 ** 18}
        text = self.refused(expect=6)
        self.assertRegex(text, "the disk has [0-9.]+ .B free, and 1000000.0 TB are to be fetched")
        self.assertIn("let HF_HUB_CACHE name another folder", text)
        self.assertEqual(self.hub.files_asked(), [])
