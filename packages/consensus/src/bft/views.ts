/** A height and a round of it. */
export interface View {
  readonly height: number;
  readonly round: number;
}

/** Order of views: height, then round. */
export function compareViews(left: View, right: View): number {
  return left.height - right.height || left.round - right.round;
}
