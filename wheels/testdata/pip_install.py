"""Installs wheels as pip does and says what it wrote.

Usage: python pip_install.py DIRECTORY WHEEL...

Each wheel is installed into a directory of its own under DIRECTORY by the
function that pip calls for it, with the paths that pip finds for --prefix
/usr/local. Compatibility tags are not looked at, so that wheels for any
platform will do. One line of JSON comes out for each wheel.
"""

import hashlib
import json
import os
import sys
import zipfile
from email.parser import Parser

from pip._internal.locations import get_scheme
from pip._internal.operations.install.wheel import install_wheel
import pip

INTERPRETER = "/usr/local/bin/python%d.%d" % sys.version_info[:2]


def name_of(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.namelist():
            if entry.endswith(".dist-info/METADATA") and entry.count("/") == 1:
                return Parser().parsestr(archive.read(entry).decode())["Name"]
    raise SystemExit("no METADATA in " + wheel)


def tree(root):
    files = []
    for directory, _, names in os.walk(root):
        for name in names:
            path = os.path.join(directory, name)
            with open(path, "rb") as file:
                data = file.read()
            relative = os.path.relpath(path, root)
            entry = {
                "path": relative,
                "mode": os.lstat(path).st_mode & 0o7777,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            if name == "RECORD" or relative.startswith("usr/local/bin/"):
                entry["text"] = data.decode("utf-8", "replace")
            files.append(entry)
    return files


def main():
    os.umask(0o022)
    sys.executable = INTERPRETER
    base, wheels = sys.argv[1], sys.argv[2:]
    for number, wheel in enumerate(wheels):
        root = os.path.join(base, str(number))
        name = name_of(wheel)
        scheme = get_scheme(name, root=root, prefix="/usr/local")
        result = {"pip": pip.__version__, "wheel": os.path.basename(wheel), "error": ""}
        try:
            install_wheel(name, wheel, scheme, name, pycompile=False, warn_script_location=False)
        except Exception as error:  # whatever it is, it is pip's answer
            result["error"] = "%s: %s" % (type(error).__name__, error)
        result["files"] = tree(root)
        for directory, subdirectories, names in os.walk(root, topdown=False):
            for entry in names:
                os.unlink(os.path.join(directory, entry))
            os.rmdir(directory)
        print(json.dumps(result), flush=True)


main()
