// Command bench times the main job side by side with what one would use
// instead, and checks the figures that this project promises. bench/run.sh
// installs what it needs and starts it; see docs/performance.md.
//
//	bench measure    run everything, write JSON, table and chart into a directory
//	bench render     write table and chart anew from the JSON
//	bench docs       put table and chart into docs/
//	bench pack       pack wheels, without output (measure starts it)
//	bench twins      copy wheels under other names
//
// Start with measure.go, which runs the contenders by turns: push.go is ours,
// rival.go what one would use instead, pull.go has containerd take both images;
// fetching.go downloads the wheels with both from an index on loopback (index.go).
// Each run is a process of its own (command.go), and each cold push meets a
// registry that is empty (registry.go) and takes the base from another one
// (base.go), each pull
// a containerd that is (containerd.go). rows.go says what is promised;
// table.go, svg.go and docs.go show what came out. spread.go measures nothing:
// it computes how much of an image an update changes.
package main
