import { describeHost } from '../../testing/host-suite.ts';
import { createNodeNet } from '../../testing/node-net.ts';

describeHost('libp2p node host over TCP', () => createNodeNet('tcp'));
describeHost('libp2p node host over WebSocket', () => createNodeNet('ws'));
