import { qbftKind } from '../machines/bft/bft-kind.ts';
import { isValidator, type Plant, Planter } from './bft-plants.ts';

const plant = new Planter(qbftKind);

/** One fault each. */
export const qbftPlants: readonly Plant[] = [
  ...plant.common(),
  plant.record('a lock forgotten at a restart', (record) => ({ ...record, certificate: undefined })),
  plant.damage('a lock forgotten when the round changes', (before, after) =>
    after.round > before.round ? { ...after, certificate: undefined } : after,
  ),
  plant.contextFor('a justification unchecked', 'prePrepare', (context) => ({ ...context, quorum: 0 })),
  plant.message('a certificate unchecked', (state, message, signer) => {
    if (message.type !== 'roundChange' || message.height !== state.context?.height || message.prepared === undefined)
      return undefined;
    if (message.round < state.round || !isValidator(state.context, signer)) return undefined;
    const { prepared, block, prepares } = message;
    const isHigher = block !== undefined && prepared.round >= (state.certificate?.round ?? 0);
    return isHigher ? { ...state, certificate: { ...prepared, block, prepares } } : undefined;
  }),
];
