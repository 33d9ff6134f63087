import type { Hash32 } from '@isoquorum/primitives/bytes';
import type { PrivateWait } from './chain.ts';

/** A block, and a private state after it. */
export interface HeadPlace {
  readonly number: number;
  readonly hash: Hash32;
  readonly root: Hash32;
  readonly extraRoot: Hash32;
}

/**
 * Where a private head stands, and where batches that are being written will bring it. Batches become durable in the order in which they were given,
 * so places are arrived at in the order in which they were planned.
 */
export class MovingHead {
  /** Why it stands, as long as it does. */
  waitingFor: PrivateWait | undefined;
  private durable: HeadPlace;
  private planned: HeadPlace[] = [];

  constructor(place: HeadPlace) {
    this.durable = place;
  }

  /** What is on disk. */
  get place(): HeadPlace {
    return this.durable;
  }

  /** What will be on disk when everything given is written. */
  get target(): HeadPlace {
    return this.planned.at(-1) ?? this.durable;
  }

  get isMoving(): boolean {
    return this.planned.length > 0;
  }

  /** A batch is given that moves the head to this place, the block after the target. */
  plan(place: HeadPlace): void {
    this.planned.push(place);
  }

  /** That batch is durable. False when the head has been moved below the place meanwhile: a batch behind it moves it back on disk too. */
  arrive(place: HeadPlace): boolean {
    if (this.planned[0] !== place) return false;
    this.planned.shift();
    this.durable = place;
    this.waitingFor = undefined;
    return true;
  }

  /** Gives up what is planned above a block number. True when there was something. */
  cut(number: number): boolean {
    const kept = this.planned.filter((place) => place.number <= number);
    const isCut = kept.length < this.planned.length;
    this.planned = kept;
    return isCut;
  }

  /** Moves the head back, at once; a batch that does so on disk is given. */
  moveBack(place: HeadPlace): void {
    this.durable = place;
    this.waitingFor = undefined;
  }
}
