/**
 * A map with a bound that keeps what is used: new and used entries are young; when there are `max` young ones they become
 * the old ones, and the old ones before them go. Two lookups at most, no list to keep in order.
 */
export class HotMap<K, V> {
  private young = new Map<K, V>();
  private old = new Map<K, V>();
  private readonly max: number;

  constructor(max: number) {
    this.max = max;
  }

  get size(): number {
    return this.young.size + this.old.size;
  }

  /** `undefined` is no value. */
  get(key: K): V | undefined {
    const value = this.young.get(key);
    if (value !== undefined) return value;
    const found = this.old.get(key);
    if (found === undefined) return undefined;
    this.old.delete(key);
    this.set(key, found);
    return found;
  }

  set(key: K, value: V): void {
    if (this.young.size >= this.max && !this.young.has(key)) {
      this.old = this.young;
      this.young = new Map();
    }
    this.young.set(key, value);
  }

  delete(key: K): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}
