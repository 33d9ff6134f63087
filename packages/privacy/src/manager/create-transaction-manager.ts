import type { Clock } from '@isoquorum/platform/clock';
import type { Store } from '@isoquorum/platform/store';
import { indexOfKey } from '../codec/recipient.ts';
import type { Enclave } from '../enclave/enclave.ts';
import { Distributions } from './distributions.ts';
import { KeyedQueue } from './keyed-queue.ts';
import { defaultRules, type ManagerContext, type ManagerRules } from './manager-context.ts';
import { managerError } from './manager-error.ts';
import { PayloadStore } from './payload-store.ts';
import { storePushedPayload } from './push.ts';
import { findPayload, openPayload, receivePayload, receiveRawPayload, resendPayload } from './receive.ts';
import { sealPayload, sendPayload, sendSignedPayload, storeRawPayload } from './send.ts';
import type { PayloadPublisher, TransactionManager } from './transaction-manager.ts';

export interface TransactionManagerOptions {
  readonly store: Store;
  readonly enclave: Enclave;
  readonly clock: Clock;
  readonly publisher: PayloadPublisher;
  /** Default: Tessera 24.4 with privacy enhancements off. */
  readonly rules?: Partial<ManagerRules>;
}

/** A transaction manager over a store of its own or a shared one (its keys begin with `payload/`). @throws STORE_SCHEMA_UNSUPPORTED */
export async function createTransactionManager(options: TransactionManagerOptions): Promise<TransactionManager> {
  const rules = { ...defaultRules, ...options.rules };
  const payloads = await PayloadStore.open(options.store, options.clock, rules.dialect);
  const { enclave, publisher } = options;
  const queue = new KeyedQueue();
  const distributions = new Distributions(payloads, queue);
  const context: ManagerContext = { enclave, publisher, payloads, rules, queue, distributions };
  return {
    send: (request) => sendPayload(context, request),
    seal: (request) => sealPayload(context, request),
    open: (payload) => openPayload(context, payload),
    storeRaw: (payload, from) => storeRawPayload(context, payload, from),
    sendSigned: (request) => sendSignedPayload(context, request),
    receive: (hash, to) => receivePayload(context, hash, to),
    receiveRaw: (hash) => receiveRawPayload(context, hash),
    sealed: (hash) => findPayload(context, hash),
    async isSender(hash) {
      const payload = await findPayload(context, hash);
      return indexOfKey(await enclave.publicKeys(), payload.senderKey) >= 0;
    },
    participants: async (hash) => (await findPayload(context, hash)).recipientKeys,
    async mandatoryRecipients(hash) {
      const payload = await findPayload(context, hash);
      if (payload.privacyFlag === 2) return payload.mandatoryRecipients;
      const text = 'Operation invalid. Transaction found is not a mandatory recipients privacy type';
      throw managerError('NOT_MANDATORY_RECIPIENTS', text, { privacyFlag: payload.privacyFlag });
    },
    storePushed: (payload) => storePushedPayload(context, payload),
    delete: (hash) =>
      context.queue.run(hash, async () => {
        await findPayload(context, hash);
        await payloads.delete(hash);
      }),
    resend: (hash, requester) => resendPayload(context, hash, requester),
    storedSince: (sequence, limit = 1_000) => payloads.storedSince(sequence, limit),
    onStored: (listener) => payloads.onStored(listener),
  };
}
