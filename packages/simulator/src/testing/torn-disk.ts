import { SimulatedDisk, type DiskWrite } from '../core/disk.ts';

/** A planted fault: a batch that was torn is half there after the restart, as on a disk without checksums. */
export class TornDisk extends SimulatedDisk {
  protected override tear(batch: readonly DiskWrite[]): void {
    this.apply(batch.slice(Math.ceil(batch.length / 2)));
  }
}

/** A planted fault: an acknowledged batch is only there after the next one. */
export class LazyDisk extends SimulatedDisk {
  private waiting: readonly DiskWrite[] = [];
  private readonly visible = new Map<string, Uint8Array | undefined>();

  override get(key: string): Uint8Array | undefined {
    return this.visible.has(key) ? this.visible.get(key) : super.get(key);
  }

  protected override apply(batch: readonly DiskWrite[]): void {
    super.apply(this.waiting);
    this.waiting = batch;
    for (const [key, value] of batch) this.visible.set(key, value);
  }

  override cut(...parameters: Parameters<SimulatedDisk['cut']>): void {
    super.cut(...parameters);
    this.waiting = [];
    this.visible.clear();
  }
}
