import { ibftKind } from '../machines/bft/bft-kind.ts';
import { type Plant, Planter } from './bft-plants.ts';

const plant = new Planter(ibftKind);

/** One fault each. */
export const ibftPlants: readonly Plant[] = [
  ...plant.common(),
  plant.record('a lock forgotten at a restart', (record) => ({ ...record, lock: undefined })),
  plant.damage('a lock forgotten when the round changes', (before, after) =>
    after.round > before.round
      ? { ...after, lock: undefined, proposal: undefined, accepted: [], lateVotes: [] }
      : after,
  ),
];
