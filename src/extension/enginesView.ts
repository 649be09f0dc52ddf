/** The commands of the Engines view's title: how engines are grouped and sorted, and which are shown. */
import type * as vscode from 'vscode';
import type { EnginesTree } from './enginesTree';
import { type Grouping, groupings, type Sorting, sortings } from './enginesTreeModel';
import { createPick, pick } from './show';

const groupingLabels: Readonly<Record<Grouping, string>> = {
  reason: 'Group by Reason',
  target: 'Group by Target',
  folder: 'Group by Folder',
  none: "Don't Group",
};

const sortingLabels: Readonly<Record<Sorting, string>> = {
  severity: 'Sort by Severity',
  path: 'Sort by Name',
  size: 'Sort by Size',
  changed: 'Sort by Date Changed',
};

export async function groupEngines(tree: EnginesTree): Promise<void> {
  const grouping = await choose(
    'Group Engines',
    groupings,
    groupingLabels,
    tree.arrangement.grouping,
  );
  if (grouping) await tree.arrange({ grouping });
}

export async function sortEngines(tree: EnginesTree): Promise<void> {
  const sorting = await choose('Sort Engines', sortings, sortingLabels, tree.arrangement.sorting);
  if (sorting) await tree.arrange({ sorting });
}

async function choose<T extends string>(
  title: string,
  values: readonly T[],
  labels: Readonly<Record<T, string>>,
  now: T,
): Promise<T | undefined> {
  const items = values.map((value) => ({
    value,
    label: labels[value],
    ...(value === now ? { description: 'now' } : {}),
  }));
  return (await pick(items, { title }))?.value;
}

interface FilterItem extends vscode.QuickPickItem {
  filter: string;
  onlyProblems: boolean;
}

/** What is typed filters as it is typed; the items are the filters that are used most. */
export async function filterEngines(tree: EnginesTree): Promise<void> {
  const before = tree.arrangement;
  const items: FilterItem[] = [
    { label: 'All Engines', filter: '', onlyProblems: false, alwaysShow: true },
    { label: 'Only Engines with Problems', filter: '', onlyProblems: true, alwaysShow: true },
    ...tree.reasons().map(({ label, count }) => ({
      label,
      description: String(count),
      filter: label,
      onlyProblems: false,
    })),
  ];
  const box = createPick(items, 'Type a part of name, folder or reason, or choose');
  box.pick.title = 'Filter Engines';
  box.pick.value = before.filter;
  await new Promise<void>((resolve) => {
    let done = false;
    box.pick.onDidChangeValue((filter) => void tree.arrange({ filter }));
    box.pick.onDidAccept(() => {
      done = true;
      const typed = box.pick.value.trim();
      const [item] = box.given(box.pick.selectedItems);
      // Enter after typing is about what was typed, not about the row that happens to be marked.
      void tree.arrange(
        item && typed === ''
          ? { filter: item.filter, onlyProblems: item.onlyProblems }
          : { filter: typed },
      );
      box.pick.hide();
    });
    box.pick.onDidHide(() => {
      const { filter, onlyProblems } = before;
      if (!done) void tree.arrange({ filter, onlyProblems });
      box.pick.dispose();
      resolve();
    });
    box.pick.show();
  });
}
