/** Who asks, as far as methods may care. */
export interface RpcRequestContext {
  readonly transport: 'http' | 'ws' | 'ipc';
  /** Private state that the request names (header `Quorum-PSI`, `?PSI=`); the node's default when absent. */
  readonly psi: string | undefined;
}
