/** Names on the HTTP side of the peer port; both ends use them. */
export const peerPath = '/kvorum/peer';
export const upgradeProtocol = 'kvorum-peer';
