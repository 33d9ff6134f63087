import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '@isoquorum/platform/memory/clock';
import { createMemoryStore } from '@isoquorum/platform/memory/store';
import { createPeerEnclave } from '../testing/enclave-suite.ts';
import { createTransactionManager } from './create-transaction-manager.ts';
import { recipientUnreachable } from './manager-error.ts';
import type { TransactionManager } from './transaction-manager.ts';

const own = createPeerEnclave(1);
const peer = createPeerEnclave(2);
const other = createPeerEnclave(3);
const payload = Uint8Array.of(1, 2, 3);

/** A manager whose pushes wait; each is let through or fails. */
async function setUp(): Promise<{
  readonly manager: TransactionManager;
  readonly pushes: ((error?: Error) => void)[];
  readonly nonces: Uint8Array[];
}> {
  const pushes: ((error?: Error) => void)[] = [];
  const nonces: Uint8Array[] = [];
  const publisher = {
    check: async () => {},
    publish: (_key: Uint8Array, sealed: { readonly recipientNonce: Uint8Array }) =>
      new Promise<void>((resolve, reject) => {
        nonces.push(sealed.recipientNonce);
        pushes.push((error) => (error === undefined ? resolve() : reject(error)));
      }),
  };
  const manager = await createTransactionManager({
    store: createMemoryStore(),
    enclave: own.enclave,
    clock: createVirtualClock(1),
    publisher,
  });
  return { manager, pushes, nonces };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1_000 && !condition(); tries++) await new Promise((resolve) => setImmediate(resolve));
  if (!condition()) throw new Error('the condition did not come true');
}

const away = recipientUnreachable('http://away/', peer.key);
const has = (manager: TransactionManager, hash: Uint8Array): Promise<boolean> =>
  manager.sealed(hash).then(
    () => true,
    () => false,
  );

describe('distributions of one payload', () => {
  test('a failed one takes its row back', async () => {
    const { manager, pushes } = await setUp();
    const { hash } = await manager.storeRaw(payload);
    const sending = manager.sendSigned({ hash, to: [peer.key] });
    const caught = expect(sending).rejects.toMatchObject({ code: 'RECIPIENT_UNREACHABLE' });
    await until(() => pushes.length === 1);
    expect(await has(manager, hash)).toBe(true);
    pushes[0]?.(away);
    await caught;
    expect(await has(manager, hash)).toBe(false);
    expect((await manager.receiveRaw(hash)).payload).toEqual(payload);
  });

  test.each([
    [0, 1],
    [1, 0],
  ])('of two at once, %i fails and the other is acknowledged: the row stays', async (failing, working) => {
    const { manager, pushes, nonces } = await setUp();
    const { hash } = await manager.storeRaw(payload);
    const sendings = [manager.sendSigned({ hash, to: [peer.key] }), manager.sendSigned({ hash, to: [peer.key] })];
    const caught = expect(sendings[failing]).rejects.toMatchObject({ code: 'RECIPIENT_UNREACHABLE' });
    await until(() => pushes.length === 2);
    expect(nonces[0]).toEqual(nonces[1]);
    pushes[failing]?.(away);
    await caught;
    pushes[working]?.();
    await sendings[working];
    expect(await has(manager, hash)).toBe(true);
    expect((await manager.receive(hash)).payload).toEqual(payload);
  });

  test('an extension that fails leaves the acknowledged row as it was', async () => {
    const { manager, pushes } = await setUp();
    const { hash } = await manager.storeRaw(payload);
    const first = manager.sendSigned({ hash, to: [peer.key] });
    await until(() => pushes.length === 1);
    pushes[0]?.();
    await first;
    const before = await manager.sealed(hash);
    const second = manager.sendSigned({ hash, to: [peer.key, other.key] });
    const caught = expect(second).rejects.toMatchObject({ code: 'RECIPIENT_UNREACHABLE' });
    await until(() => pushes.length === 3);
    expect((await manager.participants(hash)).length).toBe(3);
    pushes[1]?.();
    pushes[2]?.(away);
    await caught;
    expect(await manager.sealed(hash)).toEqual(before);
  });
});
