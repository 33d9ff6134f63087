import { expect, test } from 'vitest';
import { createStubHandlers, silentLogger } from '../testing/stub-handlers.ts';
import { createRpcClient, RpcAnswerError } from './client.ts';
import { noSubscriptions } from './connection.ts';
import { RpcError } from './errors.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { LATEST } from './parameters/block-selector.ts';
import { createRpcService } from './service.ts';

const sent: string[] = [];
const service = createRpcService({
  handlers: createStubHandlers({
    eth_getBalance: (_request, address) => BigInt(address[0] ?? 0),
    eth_call: () => {
      throw new RpcError(3, 'execution reverted: no', '0x08c379a0');
    },
    eth_storageRoot: (_request, address, block) => new Uint8Array(32).fill(block === undefined ? 1 : (address[0] ?? 0)),
    eth_sendRawTransaction: async (_request, bytes) => {
      if (bytes.length === 0) throw new RpcError(-32000, 'empty typed transaction bytes');
      return await Promise.resolve(new Uint8Array(32).fill(bytes[0] ?? 0));
    },
  }),
  isVerbatim: () => false,
  logger: silentLogger,
  limits: DEFAULT_LIMITS,
});
const client = createRpcClient(async (body) => {
  sent.push(body);
  return (await service.handleText(body, { transport: 'http', psi: undefined }, noSubscriptions)) ?? '';
});

test('a typed call goes out as JSON and comes back typed', async () => {
  expect(await client.call('eth_chainId')).toBe(1337n);
  expect(await client.call('eth_getBalance', new Uint8Array(20).fill(7), LATEST)).toBe(7n);
  expect(JSON.parse(sent.at(-1) ?? '')).toMatchObject({
    method: 'eth_getBalance',
    params: [`0x${'07'.repeat(20)}`, 'latest'],
  });
});

test('an optional parameter at the end is left out', async () => {
  expect(await client.call('eth_storageRoot', new Uint8Array(20))).toEqual(new Uint8Array(32).fill(1));
  expect(JSON.parse(sent.at(-1) ?? '')).toMatchObject({ params: [`0x${'00'.repeat(20)}`] });
});

test('an error keeps code, message and data', async () => {
  await expect(client.call('eth_call', {}, LATEST)).rejects.toMatchObject({
    rpcCode: 3,
    message: 'execution reverted: no',
    data: '0x08c379a0',
  });
  await expect(client.request('eth_nope', [])).rejects.toMatchObject({ rpcCode: -32601 });
});

test('a batch gives a result or an error for each', async () => {
  const results = await client.batch('eth_sendRawTransaction', [
    [Uint8Array.of(1)],
    [new Uint8Array()],
    [Uint8Array.of(3)],
  ]);
  expect(results[0]).toEqual(new Uint8Array(32).fill(1));
  expect(results[1]).toBeInstanceOf(RpcError);
  expect(results[2]).toEqual(new Uint8Array(32).fill(3));
});

test('what is no JSON-RPC is refused', async () => {
  const broken = createRpcClient(async () => await Promise.resolve('<html>'));
  await expect(broken.call('eth_chainId')).rejects.toBeInstanceOf(RpcAnswerError);
  const empty = createRpcClient(async () => await Promise.resolve('{}'));
  await expect(empty.call('eth_chainId')).rejects.toBeInstanceOf(RpcAnswerError);
});
