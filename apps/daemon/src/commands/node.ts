import type { Command } from 'commander';
import { hexToBytes, hexToFixedBytes } from '@isoquorum/primitives/hex';
import { runUntilStopped } from '../lifecycle.ts';
import { parseChoice, parseInteger, readJsonFile, readOptionFile } from '../options.ts';

interface NodeFlags {
  readonly genesis: string;
  readonly dataDir?: string;
  readonly nodeKey?: string;
  readonly host: string;
  readonly httpPort?: number;
  readonly httpCors?: string;
  readonly wsPort?: number;
  readonly libp2pTcpPort: number;
  readonly libp2pWsPort: number;
  readonly enodePort: number;
  readonly manager?: string;
  readonly askManagerAgain: boolean;
  readonly rules: 'strict' | 'goquorum';
  readonly gcmode: 'archive' | 'full';
  readonly validate: boolean;
  readonly neverSigned: boolean;
  readonly 'privacymarker.enable': boolean;
  readonly browsersFile?: string;
  readonly raftport: number;
  readonly raftjoinexisting?: number;
  readonly raftblocktime: number;
  readonly raftSeconds: boolean;
  readonly 'rpc.gascap': number;
  readonly 'vm.calltimeout': number;
  readonly 'miner.gasprice': number;
  readonly 'txpool.pricelimit'?: number;
  readonly 'raft.rpcseconds': boolean;
  readonly raftdnsenable: boolean;
  readonly etherbase?: string;
  readonly devAccounts?: string;
  readonly signerKey?: string;
}

/** A file that holds a private key in hexadecimal. */
function readKey(option: string, file: string): Uint8Array {
  return hexToBytes(`0x${readOptionFile(option, file).trim().replace(/^0x/, '')}`);
}

/** `isoquorum node`: one node as a process of its own. */
export function addNodeCommand(program: Command): void {
  program
    .command('node')
    .description('run a node: chain, consensus, pool, JSON-RPC; private transactions through its transaction manager')
    .requiredOption('--genesis <file>', 'genesis.json as GoQuorum reads it')
    .option(
      '--data-dir <dir>',
      'where chain, node key and permission files live; without it everything stays in memory',
    )
    .option('--node-key <file>', 'hex private key; default <data-dir>/nodekey, made when absent')
    .option('--host <address>', 'address that every server binds to', '127.0.0.1')
    .option('--http-port <port>', 'JSON-RPC over HTTP; off when not given', parseInteger('http-port', 0, 65_535))
    .option('--http-cors <origins>', 'origins, separated by commas, whose pages may call JSON-RPC')
    .option('--ws-port <port>', 'JSON-RPC over WebSocket; off when not given', parseInteger('ws-port', 0, 65_535))
    .option(
      '--libp2p-tcp-port <port>',
      'libp2p over TCP, for nodes',
      parseInteger('libp2p-tcp-port', 0, 65_535),
      31_303,
    )
    .option(
      '--libp2p-ws-port <port>',
      'libp2p over WebSocket, for browsers',
      parseInteger('libp2p-ws-port', 0, 65_535),
      31_403,
    )
    .option('--enode-port <port>', 'port that the enode URL names', parseInteger('enode-port', 0, 65_535), 30_303)
    .option('--manager <url>', "the transaction manager's Q2T server: http://127.0.0.1:9101 or unix:/path")
    .option(
      '--ask-manager-again',
      'ask it anew for payloads of old blocks that it did not have: after it got keys, or payloads by a resend, as no Tessera tells',
      false,
    )
    .option(
      '--rules <profile>',
      'strict, or goquorum: accept what GoQuorum 24.4.1 accepts',
      parseChoice('rules', ['strict', 'goquorum']),
      'strict',
    )
    .option(
      '--gcmode <mode>',
      'archive keeps the states of all blocks, full those of the newest 128 (private states too)',
      parseChoice('gcmode', ['archive', 'full']),
      'full',
    )
    .option('--no-validate', 'never take part in consensus')
    .option(
      '--never-signed',
      'this QBFT or IBFT validator has never signed: it need not hear a quorum first. Signs twice if that is not so',
      false,
    )
    .option(
      '--privacymarker.enable',
      'send private transactions of node-held accounts inside privacy markers, where the chain has them',
      false,
    )
    .option('--browsers-file <file>', 'permissioned-browsers.json; default in the data directory')
    .option('--dev-accounts <file>', 'JSON array of private keys that this node holds, unlocked: for development only')
    .option(
      '--signer-key <file>',
      'hex private key of the account that signs blocks of a Clique chain; the node key unless told',
    )
    .option('--raftport <port>', 'what our enode names as raftport', parseInteger('raftport', 0, 65_535), 50_400)
    .option(
      '--raftjoinexisting <id>',
      'join a Raft cluster that runs, under the id that raft_addPeer answered',
      parseInteger('raftjoinexisting', 1, 65_535),
    )
    .option(
      '--raftblocktime <ms>',
      'least time between blocks of a Raft chain',
      parseInteger('raftblocktime', 0, 3_600_000),
      50,
    )
    .option(
      '--rpc.gascap <gas>',
      'most gas of eth_call and its like; 0 for no limit',
      parseInteger('rpc.gascap', 0, Number.MAX_SAFE_INTEGER),
      25_000_000,
    )
    .option(
      '--vm.calltimeout <seconds>',
      'most time of eth_call and its like; 0 for no limit',
      parseInteger('vm.calltimeout', 0, 86_400),
      5,
    )
    .option(
      '--miner.gasprice <wei>',
      'where gas has a price: what eth_gasPrice suggests, what node-held accounts pay unless told, and the least that a node that takes part in consensus takes from peers',
      parseInteger('miner.gasprice', 0, Number.MAX_SAFE_INTEGER),
      1_000_000_000,
    )
    .option(
      '--txpool.pricelimit <wei>',
      'where gas has a price: the least that a node with --no-validate takes from peers (default: as --miner.gasprice; in GoQuorum 1)',
      parseInteger('txpool.pricelimit', 1, Number.MAX_SAFE_INTEGER),
    )
    .option('--raft.rpcseconds', 'tell the times of Raft blocks in seconds over JSON-RPC, whatever headers hold', false)
    .option('--raft-seconds', 'write seconds into headers of a Raft chain, not nanoseconds as GoQuorum', false)
    .option('--raftdnsenable', 'members of a Raft cluster may be named by host names', false)
    .option('--etherbase <address>', 'who gets fees of blocks minted here, on a Raft chain where gas has a price')
    .action(async (flags: NodeFlags) => {
      const { startNode } = await import('@isoquorum/node/node/start-node');
      const accountKeys =
        flags.devAccounts === undefined
          ? []
          : (readJsonFile('--dev-accounts', flags.devAccounts) as string[]).map((key) => hexToBytes(key));
      const origins = flags.httpCors?.split(',') ?? [];
      const node = await startNode({
        genesis: readOptionFile('--genesis', flags.genesis),
        dataDir: flags.dataDir,
        ...(flags.nodeKey === undefined ? {} : { nodeKey: readKey('--node-key', flags.nodeKey) }),
        ...(flags.signerKey === undefined ? {} : { signerKey: readKey('--signer-key', flags.signerKey) }),
        ...(flags.httpPort === undefined
          ? {}
          : { http: { host: flags.host, port: flags.httpPort, corsOrigins: origins } }),
        ...(flags.wsPort === undefined ? {} : { ws: { host: flags.host, port: flags.wsPort, origins } }),
        libp2p: { host: flags.host, tcpPort: flags.libp2pTcpPort, wsPort: flags.libp2pWsPort },
        enodePort: flags.enodePort,
        ...(flags.browsersFile === undefined ? {} : { browsersFile: flags.browsersFile }),
        ...(flags.manager === undefined ? {} : { manager: { url: flags.manager } }),
        asksManagerAgain: flags.askManagerAgain,
        rules: flags.rules,
        gcMode: flags.gcmode,
        accountKeys,
        validate: flags.validate,
        neverSigned: flags.neverSigned,
        privacyMarkers: flags['privacymarker.enable'],
        callLimits: { gasCap: BigInt(flags['rpc.gascap']), timeoutMs: flags['vm.calltimeout'] * 1000 },
        gasPrice: BigInt(flags['miner.gasprice']),
        ...(flags['txpool.pricelimit'] === undefined ? {} : { priceLimit: BigInt(flags['txpool.pricelimit']) }),
        showsRaftSeconds: flags['raft.rpcseconds'],
        raft: {
          raftPort: flags.raftport,
          joinExisting: flags.raftjoinexisting,
          blockTimeMs: flags.raftblocktime,
          isInSeconds: flags.raftSeconds,
          isDnsEnabled: flags.raftdnsenable,
          ...(flags.etherbase === undefined ? {} : { feeRecipient: hexToFixedBytes(flags.etherbase, 20) }),
        },
      });
      await runUntilStopped({ info: node.info, stop: () => node.stop(), failed: node.stopped });
    });
}
