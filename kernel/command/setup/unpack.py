"""Unpacks from a wheel what the native engine needs, and nothing else: `python3 unpack.py WHEEL FOLDER`.

libtensorflow goes to FOLDER/lib, the nvidia-* libraries to FOLDER/nvidia/…/lib as the wheels have them, because libtensorflow looks for them there (its RUNPATH says
$ORIGIN/../nvidia/cublas/lib and so on, and nothing that loads it can add to that), and the C API's headers to FOLDER/include. In Python because Python is there anyway (pip) and
its zipfile streams members of any size.
"""

import pathlib
import re
import shutil
import sys
import zipfile

LIBTENSORFLOW = re.compile(r"^tensorflow/(libtensorflow_(?:cc|framework)\.(?:so\.2|2\.dylib))$")
NVIDIA = re.compile(r"^nvidia/\w+/lib/[\w.-]+\.so[\d.]*$")
# The binding includes c_api.h and eager/c_api.h; these folders hold all they include. The wheel's 13,000 other headers stay packed.
HEADERS = re.compile(r"^tensorflow/include/((tensorflow/c/|xla/tsl/c/)[\w/.-]+\.h|(tensorflow/core|tsl|xla/tsl)/platform/ctstring\w*\.h)$")


def place(name: str, folder: pathlib.Path):
    library = LIBTENSORFLOW.match(name)
    if library:
        return folder / "lib" / library.group(1)
    if NVIDIA.match(name):
        return folder / name
    header = HEADERS.match(name)
    if header and ".." not in name:
        return folder / "include" / header.group(1)
    return None


def main(wheel: str, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            target = place(member.filename, pathlib.Path(folder))
            if target is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)
            target.chmod(0o755)


main(*sys.argv[1:3])
