package embeddedbase

// notAProgram stands where the real image has machine code.
const notAProgram = "This stands in for a program or library. Nothing in this image can be started.\n"

const osRelease = `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION_CODENAME=bookworm
ID=debian
`

// passwd and group are the standing accounts of Debian (base-passwd).
const passwd = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
bin:x:2:2:bin:/bin:/usr/sbin/nologin
sys:x:3:3:sys:/dev:/usr/sbin/nologin
www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`

const group = `root:x:0:
daemon:x:1:
bin:x:2:
sys:x:3:
adm:x:4:
staff:x:50:
users:x:100:
www-data:x:33:
nogroup:x:65534:
`

const dpkgStatus = `Package: base-files
Essential: yes
Status: install ok installed
Priority: required
Section: admin
Maintainer: Santiago Vila <sanvila@debian.org>
Architecture: ARCH
Version: 12.4+deb12u12
Provides: base
Description: Debian base system miscellaneous files
 This package contains the basic filesystem hierarchy of a Debian system.

Package: libc6
Status: install ok installed
Priority: optional
Section: libs
Maintainer: GNU Libc Maintainers <debian-glibc@lists.debian.org>
Architecture: ARCH
Multi-Arch: same
Source: glibc
Version: 2.36-9+deb12u10
Depends: libgcc-s1, libcrypt1
Description: GNU C Library: Shared libraries

Package: libgcc-s1
Status: install ok installed
Priority: optional
Section: libs
Maintainer: Debian GCC Maintainers <debian-gcc@lists.debian.org>
Architecture: ARCH
Multi-Arch: same
Source: gcc-12 (12.2.0-14)
Version: 12.2.0-14+deb12u1
Provides: libgcc1 (= 1:12.2.0-14+deb12u1)
Description: GCC support library

Package: libstdc++6
Status: install ok installed
Priority: optional
Section: libs
Maintainer: Debian GCC Maintainers <debian-gcc@lists.debian.org>
Architecture: ARCH
Multi-Arch: same
Source: gcc-12
Version: 12.2.0-14+deb12u1
Description: GNU Standard C++ Library v3

Package: zlib1g
Status: install ok installed
Priority: required
Section: libs
Maintainer: Mark Brown <broonie@debian.org>
Architecture: ARCH
Multi-Arch: same
Source: zlib
Version: 1:1.2.13.dfsg-1
Provides: libz1
Description: compression library - runtime

Package: libold
Status: deinstall ok config-files
Architecture: ARCH
Version: 1.0-1
Description: a package that was removed
`

const patchlevel = `/* Skeleton of CPython's patchlevel.h. */
#define PY_MAJOR_VERSION	3
#define PY_MINOR_VERSION	10
#define PY_MICRO_VERSION	19

#define PY_VERSION      	"3.10.19"
`

const pipRecord = `../../../bin/pip3,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
pip/__init__.py,sha256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU,0
pip-23.0.1.dist-info/INSTALLER,,
pip-23.0.1.dist-info/METADATA,,
pip-23.0.1.dist-info/RECORD,,
`
