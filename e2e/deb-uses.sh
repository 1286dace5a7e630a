# shellcheck shell=bash
# Sourced by deb-compare.sh: what is done with the packages of a set in our root,
# as root and as a user without privileges.

# uses SET ROOT checks dpkg and apt, and then the set's programs.
uses() {
	local set=$1 dir=$2
	check "$set: dpkg --audit has nothing to say" silent in_root "$dir" dpkg --audit
	check "$set: dpkg -V finds every file as it was" silent in_root "$dir" dpkg -V
	check "$set: dpkg -l has all as installed" installed "$dir"
	check "$set: apt-get check" in_root "$dir" apt-get -qq check
	if declare -F "use_$set" >/dev/null; then
		"use_$set" "$dir"
	fi
	check "$set: apt-get install goes on" in_root "$dir" apt-get -qq install -y --no-install-recommends hello
	check "$set: dpkg --audit after it" silent in_root "$dir" dpkg --audit
}

# silent COMMAND... succeeds where the command does, and prints nothing.
silent() {
	local out
	out=$("$@" 2>&1) && [ -z "$out" ] || { printf '%s\n' "$out" | head -n 20; return 1; }
}

installed() { in_root "$1" dpkg -l | awk '/^[a-z][a-zA-Z]  ?/ && $1 != "ii" { print; bad = 1 } END { exit bad }'; }

# both WHAT ROOT SCRIPT checks a script in the root, as root and as uid 1000. It
# runs in an empty directory of its own.
both() {
	local what=$1 dir=$2 script=$3 user
	for user in 0 1000; do
		check "$what, as uid $user" in_root "$dir" sh -c 'export HOME=$(mktemp -d) LANG=C.UTF-8; chown "$0:$0" "$HOME"; chroot --userspec="$0:$0" / timeout 100 sh -c "cd; set -ex; $1"' "$user" "$script"
	done
}

use_opencv() {
	check "opencv: the loader's cache has libGL" sh -c 'chroot "$0" ldconfig -p | grep -q "libGL.so.1 .*=> /lib/"' "$1"
}

use_postgres() {
	both "psql runs" "$1" 'psql --version | grep PostgreSQL'
	both "libpq says that there is no server" "$1" 'psql -U postgres -h /nowhere postgres 2>&1 | grep /nowhere/.s.PGSQL.5432'
}

use_ffmpeg() {
	both "ffmpeg -version" "$1" 'ffmpeg -version'
	both "ffmpeg encodes and transcodes" "$1" 'ffmpeg -v error -f lavfi -i testsrc=duration=1:size=128x96:rate=10 -f lavfi -i sine=duration=1 -c:v libx264 -c:a aac a.mp4
		ffmpeg -v error -i a.mp4 -c:v libvpx -c:a libvorbis b.webm; ffprobe -v error -show_entries stream=codec_name b.webm | grep vp8'
	check "ffmpeg: gdk-pixbuf's programs are added" in_root "$1" apt-get -qq install -y --no-install-recommends libgdk-pixbuf2.0-bin librsvg2-common
	both "gdk-pixbuf tells PNG and SVG by their content" "$1" 'ffmpeg -v error -f lavfi -i color=red:size=8x8 -frames:v 1 a.png; mv a.png a; gdk-pixbuf-pixdata a b
		echo "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"4\" height=\"4\"/>" >c; gdk-pixbuf-pixdata c d'
}

use_graphics() {
	both "convert makes a PNG and reads it" "$1" 'convert -size 32x16 xc:red a.png; convert a.png -resize 50% b.jpg; identify b.jpg | grep 16x8'
	both "dot -Tsvg and -Tpng" "$1" 'echo "digraph { a -> b }" >g; dot -Tsvg g | grep "</svg>"; dot -Tpng g >g.png; identify g.png'
}

use_text() {
	both "pdftoppm draws text, tesseract reads it" "$1" 'cat >a.pdf <<-PDF
		%PDF-1.4
		1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
		2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
		3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 400 100]/Contents 4 0 R/Resources<</Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>>>endobj
		4 0 obj<</Length 46>>stream
		BT /F 36 Tf 20 40 Td (HELLO 2026 WORLD) Tj ET
		endstream endobj
		trailer<</Root 1 0 R>>
	PDF
	pdftoppm -r 100 a.pdf page 2>/dev/null; ls; tesseract page-1.ppm - 2>/dev/null | grep "HELLO 2026 WORLD"'
}

use_java() {
	both "java -version" "$1" 'java -version'
	both "keytool finds the trusted certificates" "$1" 'test $(keytool -list -cacerts -storepass changeit | grep -c trustedCertEntry) -ge 100'
}

use_git() {
	both "git commits, and clones a local repository" "$1" 'git init -q a; cd a; echo x >f; git add f; git -c user.name=n -c user.email=e@example.com commit -qm m; cd ..; git clone -q a b; cmp a/f b/f'
	check "ssh -V" in_root "$1" ssh -V # it wants its user in /etc/passwd
}

use_base() {
	both "locale -a" "$1" 'locale -a | grep -i C.utf'
	both "time zones" "$1" 'test "$(TZ=Europe/Berlin date -d @0 +%H%Z)" = 01CET; test "$(cat /etc/timezone)" = Etc/UTC'
	both "openssl trusts by the hash links, curl by the bundle" "$1" 'openssl verify -no-CAfile -CApath /etc/ssl/certs /usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt
		openssl verify -no-CApath -CAfile /etc/ssl/certs/ca-certificates.crt /usr/share/ca-certificates/mozilla/ISRG_Root_X1.crt
		status=0; curl -s --cacert /etc/ssl/certs/ca-certificates.crt https://127.0.0.1:1/ || status=$?; test $status = 7'
}

use_gdal() {
	both "gdal makes a raster and knows EPSG codes" "$1" 'gdal_create -q -of GTiff -outsize 4 4 -bands 1 -a_srs EPSG:4326 -a_ullr 0 1 1 0 a.tif; gdalinfo a.tif | grep "WGS 84"; gdalsrsinfo EPSG:25832 | grep UTM'
}

use_odbc() {
	both "isql" "$1" 'isql --version | grep unixODBC; echo | isql nowhere 2>&1 | grep "Data source name not found" || test $? = 1'
}

use_chromium() {
	both "chromium draws a page" "$1" 'echo "<body bgcolor=red>hello" >p.html; chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --window-size=200,100 --screenshot="$PWD/p.png" "file://$PWD/p.html"; test -s p.png'
}

use_office() {
	both "soffice --version" "$1" '/usr/lib/libreoffice/program/soffice --headless --version | grep LibreOffice'
}
