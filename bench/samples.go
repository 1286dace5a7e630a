package main

import (
	"cmp"
	"slices"
)

// series names what is measured over and over.
type series string

const (
	coldPush     series = "cold push"
	coldPeak     series = "cold push, peak memory"
	coldCPU      series = "cold push, CPU seconds"
	rivalCPU     series = "rival, CPU seconds"
	rivalAll     series = "rival"
	rivalInstall series = "rival, uv pip install"
	rivalTar     series = "rival, tar"
	rivalPush    series = "rival, crane append"
	packBuild    series = "packing"
	packAll      series = "packing, wheels hashed and checked before"
	limitOwn     series = "limit"
	limitKlaus   series = "limit, klauspost"
	wheelBytes   series = "bytes of the wheels"
	layerBytes   series = "bytes of the layers"
	layerCount   series = "layers of wheels"
	again        series = "push again"
	againSigned  series = "push again, signed"
	signingAnew  series = "push again, signed for the first time"
	againChanged series = "push again, one file changed"
	twicePush    series = "cold push, twice the wheels"
	twicePeak    series = "cold push, twice the wheels, peak memory"
	pullOurs     series = "pull"
	pullRival    series = "pull, crane append's"
	fetchOurs    series = "fetch"
	fetchPeak    series = "fetch, peak memory"
	fetchCPU     series = "fetch, CPU seconds"
	fetchPip     series = "pip download"
	fetchPipPeak series = "pip download, peak memory"
	fetchPipCPU  series = "pip download, CPU seconds"
	checkWarm    series = "check again"
	planWarm     series = "plan again"
	debsOurs     series = "packages"
	debsPeak     series = "packages, peak memory"
	debsAdded    series = "packages, added to a push with nothing new"
	debsRival    series = "packages, dpkg-deb, tar and pigz"
	debsLocked   series = "lock of packages"
	debsLockCPU  series = "lock of packages, CPU seconds"
	debsApt      series = "apt-get --print-uris"
	debsAptCPU   series = "apt-get --print-uris, CPU seconds"
)

// stagePrefix begins the name of the series of a stage of the cold push.
const stagePrefix series = "cold push, stage "

// samples has the figures of each series in the order in which they came.
type samples map[series][]float64

func (s samples) add(name series, v float64) { s[name] = append(s[name], v) }

// median is the middle value, the lower one where two are in the middle.
func median[T cmp.Ordered](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	if len(sorted) == 0 {
		var zero T
		return zero
	}
	return sorted[(len(sorted)-1)/2]
}
