# Sourced by the scripts beside it: where the clone is, and the system packages that building and testing need.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0
if [ "${CI:-}" = true ]; then
	# Build servers would outlive the job and may hold its output open.
	export MSBUILDDISABLENODEREUSE=1 UseSharedCompilation=false
fi

# The one list of what must be on the machine: a command or a path to look for, and the Debian package that brings it.
# zlib and libstdc++ are not in it: the NativeAOT runtime packs bring their own static copies.
needs_native="
	clang    clang
	ld.lld   lld
	objcopy  binutils"
needs_cross_arm64="
	aarch64-linux-gnu-gcc              gcc-aarch64-linux-gnu
	aarch64-linux-gnu-objcopy          binutils-aarch64-linux-gnu
	/usr/aarch64-linux-gnu/lib/libc.a  libc6-dev-arm64-cross"
needs_test="
	strace        strace
	mkfs.ext4     e2fsprogs
	mkfs.xfs      xfsprogs
	mkfs.btrfs    btrfs-progs
	/bin/busybox  busybox-static
	qemu-aarch64  qemu-user
	python3       python3
	redis-server  redis-server
	redis-cli     redis-tools
	rsync         rsync
	opusenc       opus-tools
	inotifywait   inotify-tools
	incrond       incron
	lintian       lintian
	mandoc        mandoc
	pgrep         procps
	zsh           zsh
	fish          fish
	systemd-analyze  systemd
	/usr/lib/python3.11/test/re_tests.py  libpython3.11-testsuite"

die() {
	printf '%s: %s\n' "scripts/$(basename "$0")" "$*" >&2
	exit 1
}

# Prints what building RID on this machine needs, a probe and a package a line.
needs_build() {
	case "$1/$(uname -m)" in
		linux-x64/x86_64 | linux-arm64/aarch64) printf '%s\n' "$needs_native" ;;
		linux-arm64/x86_64) printf '%s\n%s\n' "$needs_native" "$needs_cross_arm64" ;;
		*) die "cannot build $1 on $(uname -m)" ;;
	esac
}

# Prints the packages of those lines on standard input whose probe finds nothing.
missing_packages() {
	local probe package
	while read -r probe package; do
		case $probe in
			'') ;;
			/*) [ -e "$probe" ] || printf '%s\n' "$package" ;;
			*) command -v "$probe" >/dev/null || printf '%s\n' "$package" ;;
		esac
	done | sort -u | tr '\n' ' '
}

# Installs what is missing of a list of probes and packages, or says in one line what to install.
require() {
	local missing log
	command -v dotnet >/dev/null || die "dotnet is missing: install the .NET 10 SDK (https://dot.net)"
	missing=$(printf '%s\n' "$1" | missing_packages)
	missing=${missing% }
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		die "missing packages, as root: apt-get install $missing"
	fi
	echo "installing $missing" >&2
	# A feed that does not answer is no reason to stop: the packages may come from another one.
	apt-get update -qq </dev/null >/dev/null 2>&1 || true
	# shellcheck disable=SC2086
	if ! log=$(DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 \
		-o DPkg::Lock::Timeout=120 $missing </dev/null 2>&1); then
		printf '%s\n' "$log" >&2
		die "apt-get install $missing failed"
	fi
	missing=$(printf '%s\n' "$1" | missing_packages)
	[ -z "$missing" ] || die "still missing after apt-get install: $missing"
}
