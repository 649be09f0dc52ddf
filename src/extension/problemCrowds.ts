/** Which problems so many engines have that a row for each would bury everything else. Pure. */

/** More engines with one problem are a crowd. */
export const crowd = 20;

export class ProblemCrowds {
  private readonly ofFile = new Map<string, readonly string[]>();
  private readonly lists = new Map<string, readonly string[]>();
  private readonly counts = new Map<string, number>();

  get isEmpty(): boolean {
    return this.ofFile.size === 0;
  }

  /** Answers whether a problem came to be a crowd's, or is no longer. */
  set(file: string, problems: readonly string[]): boolean {
    let changed = false;
    for (const id of this.ofFile.get(file) ?? []) changed = this.add(id, -1) || changed;
    for (const id of problems) changed = this.add(id, 1) || changed;
    if (problems.length > 0) this.ofFile.set(file, this.kept(problems));
    else this.ofFile.delete(file);
    return changed;
  }

  /** Ten thousand files have a handful of lists. */
  private kept(problems: readonly string[]): readonly string[] {
    const key = problems.join(' ');
    const known = this.lists.get(key) ?? problems;
    this.lists.set(key, known);
    return known;
  }

  isCrowd(problem: string): boolean {
    return (this.counts.get(problem) ?? 0) > crowd;
  }

  private add(problem: string, change: number): boolean {
    const before = this.isCrowd(problem);
    this.counts.set(problem, (this.counts.get(problem) ?? 0) + change);
    return before !== this.isCrowd(problem);
  }
}
