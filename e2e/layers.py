"""layers.py LAYOUT: each layer of an OCI layout is one gzip member, whole.

Reads with zlib in one call, which stops after the first member and says what is
left, and lists the tar with tarfile, which knows nothing of us.
"""

import hashlib
import io
import json
import pathlib
import sys
import tarfile
import zlib

layout = pathlib.Path(sys.argv[1])


def blob(descriptor):
    data = (layout / "blobs" / descriptor["digest"].replace(":", "/")).read_bytes()
    assert len(data) == descriptor["size"], descriptor
    assert hashlib.sha256(data).hexdigest() == descriptor["digest"][7:], descriptor
    return data


index = json.loads((layout / "index.json").read_text())
manifest = json.loads(blob(index["manifests"][0]))
diff_ids = json.loads(blob(manifest["config"]))["rootfs"]["diff_ids"]
assert len(diff_ids) == len(manifest["layers"])
for descriptor, diff_id in zip(manifest["layers"], diff_ids):
    decoder = zlib.decompressobj(wbits=31)
    tar = decoder.decompress(blob(descriptor))
    assert decoder.eof and not decoder.unused_data, descriptor
    assert "sha256:" + hashlib.sha256(tar).hexdigest() == diff_id, descriptor
    names = tarfile.open(fileobj=io.BytesIO(tar)).getnames()
    assert len(names) == len(set(names)), descriptor
print(len(diff_ids), "layers")
