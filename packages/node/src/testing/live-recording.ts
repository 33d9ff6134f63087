import { readJson, vectorPath } from '@isoquorum/consensus/testing/recordings';
import { parseGenesis } from '@isoquorum/primitives/genesis/genesis';
import { hexToBytes } from '@isoquorum/primitives/hex';
import { silentLogger } from '@isoquorum/platform/memory/logger';
import { DEFAULT_LIMITS } from '@isoquorum/rpc/jsonrpc/limits';
import { createRpcService, type RpcService } from '@isoquorum/rpc/jsonrpc/service';
import { createNodeHandlers } from '../handlers/create-node-handlers.ts';
import { isVerbatim } from '../handlers/verbatim.ts';
import { createSimulatedNetwork, type SimulatedNetwork } from './simulated-network.ts';

/** One recorded exchange of JSON-RPC. */
export interface RecordedCall {
  readonly note?: string | null;
  readonly request: { readonly method?: string; readonly params?: readonly unknown[] };
  readonly response: { readonly result?: unknown; readonly error?: unknown };
}

/** One that was made while the chain grew: at which node, and where its head was. */
export interface RecordedStep extends RecordedCall {
  readonly node: number;
  readonly head: number;
}

interface About {
  readonly head: { readonly number: number };
  readonly validatorContract?: string;
  readonly nodeDetails: readonly {
    readonly node: number;
    readonly nodeKey: string;
    readonly accounts?: readonly { readonly privateKey: string }[];
  }[];
}

/** A network of our nodes with genesis, keys and accounts of a recorded one: live, in memory and in virtual time. */
export interface LiveRecording {
  readonly network: SimulatedNetwork;
  /** Numbers of the nodes, from 1. */
  readonly nodes: readonly number[];
  /** Head at which the recorded reads were made. */
  readonly head: number;
  readonly steps: readonly RecordedStep[];
  /** Address of the contract that names the validators, if one does. */
  readonly validatorContract: string | undefined;
  /** Recorded reads of a node, at the end. */
  reads(node: number): readonly RecordedCall[];
  /** What our node answers. */
  ask(node: number, request: RecordedCall['request']): Promise<RecordedCall['response']>;
  lowest(): number;
  stop(): Promise<void>;
}

/** @param chain a folder of `vectors/chains` */
export async function startLiveRecording(chain: string): Promise<LiveRecording> {
  const folder = ['chains', chain] as const;
  const about = readJson<About>(...folder, 'about.json');
  const genesis = parseGenesis(readJson(...folder, 'genesis.json'));
  const details = about.nodeDetails;
  const nodeKeys = details.map(({ nodeKey }) => hexToBytes(nodeKey));
  const network = await createSimulatedNetwork({ validators: 0, recorded: { genesis, nodeKeys } });
  const services = new Map<number, RpcService>();
  const closing: (() => void)[] = [];
  for (const [index, { node, accounts = [] }] of details.entries()) {
    const accountKeys = accounts.map(({ privateKey }) => hexToBytes(privateKey));
    const running = await network.nodes[index]?.start({ accountKeys });
    if (running === undefined) throw new Error(`${vectorPath(...folder)}: node ${node} did not start`);
    const made = createNodeHandlers(running.context);
    const { handlers } = made;
    closing.push(() => made.close());
    services.set(node, createRpcService({ handlers, isVerbatim, logger: silentLogger, limits: DEFAULT_LIMITS }));
  }
  return {
    network,
    nodes: details.map(({ node }) => node),
    head: about.head.number,
    validatorContract: about.validatorContract,
    steps: readJson<readonly RecordedStep[]>(...folder, 'workload.json.gz'),
    reads: (node) =>
      readJson<{ calls: readonly RecordedCall[] }>(...folder, 'nodes', String(node), 'rpc.json.gz').calls,
    async ask(node, request) {
      const text = JSON.stringify({ jsonrpc: '2.0', id: 1, ...request });
      const answer = await services.get(node)?.handleText(text, { transport: 'http', psi: undefined }, {} as never);
      return JSON.parse(answer ?? '{}') as RecordedCall['response'];
    },
    lowest: () => Math.min(...network.nodes.map((node) => node.running?.context.chain.headNumber() ?? 0)),
    async stop() {
      for (const close of closing) close();
      await network.stop();
    },
  };
}
