import { bytesToHex } from '@isoquorum/primitives/hex';
import { bytesToBigint } from '@isoquorum/primitives/integer';
import { REVERTED, RpcError, SERVER_ERROR } from '@isoquorum/rpc/jsonrpc/errors';

const ERROR_SELECTOR = 0x08c379a0;

/** Text of `Error(string)` revert data; undefined when it is something else. */
export function revertReason(data: Uint8Array): string | undefined {
  if (data.length < 68) return undefined;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (view.getUint32(0) !== ERROR_SELECTOR) return undefined;
  const body = data.subarray(4);
  const offset = bytesToBigint(body.subarray(0, 32));
  if (offset + 32n > BigInt(body.length)) return undefined;
  const start = Number(offset) + 32;
  const length = bytesToBigint(body.subarray(start - 32, start));
  if (BigInt(start) + length > BigInt(body.length)) return undefined;
  return new TextDecoder().decode(body.subarray(start, start + Number(length)));
}

/** What the client sees of a call that reverted or failed, as GoQuorum tells it. */
export function callError(status: 'revert' | 'failure', output: Uint8Array, error: string | undefined): RpcError {
  if (status === 'revert' && output.length > 0) {
    const reason = revertReason(output);
    return new RpcError(
      REVERTED,
      reason === undefined ? 'execution reverted' : `execution reverted: ${reason}`,
      bytesToHex(output),
    );
  }
  return new RpcError(SERVER_ERROR, error ?? 'execution reverted');
}
