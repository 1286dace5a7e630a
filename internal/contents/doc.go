// Package contents plans what lies on the base, layer by layer. Each kind of
// content is a [Maker]: from the target and what lies there already, it plans
// layers, and says which directories they own. Nothing is packed here: a
// planned layer has the key and the description that package layers packs it
// by.
//
// Start with [Plan], which runs makers one after the other: [System],
// [Replaced], [Wheels], [Accounts], [App] and [Workdir].
package contents
