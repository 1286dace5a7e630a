package pipeline

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/assemble-image/assemble/internal/contents"
)

// Shard is a part of the work of packing: number Index, from 0 on, of Of. The
// zero Shard is all of it.
type Shard struct{ Index, Of int }

// maxShards is more than an image has layers.
const maxShards = 1024

// ParseShard reads "i/n", with 0 ≤ i < n.
func ParseShard(text string) (Shard, error) {
	left, right, ok := strings.Cut(text, "/")
	i, err1 := strconv.Atoi(left)
	n, err2 := strconv.Atoi(right)
	if !ok || err1 != nil || err2 != nil || n < 1 || n > maxShards || i < 0 || i >= n {
		return Shard{}, fmt.Errorf("invalid shard %q: must be i/n with i from 0 to n-1, such as 0/4 for the first of four", text)
	}
	return Shard{i, n}, nil
}

func (s Shard) String() string { return fmt.Sprintf("%d/%d", s.Index, s.Of) }

// slack is how much more than its share a shard may get, in parts of its share:
// with none, each change would move layers between all of them.
const slack = 8

// assign says which of n shards makes each layer: by weight, the largest first,
// each where rendezvous hashing of what it holds wants it, unless that shard has
// its share. It depends on nothing else, so that every machine comes to the
// same; another version of a wheel, or another shard, moves few layers.
func assign(list []contents.Layer, n int) []int {
	var total int64
	order := make([]int, len(list))
	for i := range list {
		order[i] = i
		total += list[i].Size
	}
	ids := shardIDs(list)
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(list[b].Size, list[a].Size), cmp.Compare(ids[a], ids[b]))
	})
	share := total/int64(n) + 1
	load := make([]int64, n)
	out := make([]int, len(list))
	for _, i := range order {
		best, least := -1, 0
		var score uint64
		for s := range n {
			if load[s] < load[least] {
				least = s
			}
			if load[s]+list[i].Size > share+share/slack {
				continue
			}
			if h := rendezvous(ids[i], s); best < 0 || h > score {
				best, score = s, h
			}
		}
		if best < 0 {
			best = least
		}
		out[i] = best
		load[best] += list[i].Size
	}
	return out
}

// shardIDs name layers by the projects in them, whatever their versions, and by
// which part of a wheel they are.
func shardIDs(list []contents.Layer) []string {
	seen := map[string]int{}
	ids := make([]string, len(list))
	for i, l := range list {
		id := string(l.Kind)
		for _, w := range l.Wheels {
			project, _, _ := strings.Cut(w, "-")
			id += "\x00" + project
		}
		ids[i] = fmt.Sprintf("%s\x00%d", id, seen[id])
		seen[id]++
	}
	return ids
}

func rendezvous(id string, shard int) uint64 {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d\x00%s", shard, id)))
	return binary.BigEndian.Uint64(sum[:])
}
