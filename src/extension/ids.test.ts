import assert from 'node:assert/strict';
import manifest from '../../package.json';
import nls from '../../package.nls.json';
import { workFolderName } from '../host/build/workFolder';
import {
  commands,
  contextKeys,
  contextModelEnding,
  engineExtensions,
  headerLanguage,
  headerTextScheme,
  mcpServers,
  problemMatcher,
  section,
  settingBounds,
  settings,
  submenus,
  treeItems,
  viewContainer,
  views,
  viewTypes,
  walkthrough,
} from './ids';

const { contributes } = manifest;
/** All settings, whatever section they stand in. */
const properties: Record<
  string,
  {
    scope: string;
    order: number;
    type: string;
    default: unknown;
    minimum?: number;
    maximum?: number;
  }
> = Object.fromEntries(contributes.configuration.flatMap((one) => Object.entries(one.properties)));
const sorted = (values: Iterable<string>) => [...new Set(values)].sort();
/** Every menu entry and keybinding, flat. */
const entries: { command?: string; submenu?: string; when?: string }[] = [
  ...Object.values(contributes.menus).flat(),
  ...contributes.keybindings,
];
const whenClauses = [
  ...entries.map((entry) => entry.when ?? ''),
  ...contributes.commands.map((entry) => ('enablement' in entry ? (entry.enablement ?? '') : '')),
  ...contributes.viewsWelcome.map((entry) => ('when' in entry ? (entry.when ?? '') : '')),
  ...contributes.walkthroughs.flatMap(({ steps }) =>
    steps.flatMap(({ completionEvents }) => completionEvents),
  ),
];

describe('ids and package.json', () => {
  it('name the same commands', () => {
    assert.deepEqual(
      sorted(contributes.commands.map((entry) => entry.command)),
      sorted(Object.values(commands)),
    );
  });

  it('name the same views and containers', () => {
    assert.deepEqual(
      sorted(Object.values(contributes.views).flatMap((list) => list.map((view) => view.id))),
      sorted(Object.values(views)),
    );
    assert.deepEqual(Object.keys(contributes.views), [viewContainer]);
    assert.deepEqual(
      contributes.viewsContainers.activitybar.map((container) => container.id),
      [viewContainer],
    );
  });

  it('name the same custom editors', () => {
    assert.deepEqual(
      sorted(contributes.customEditors.map((editor) => editor.viewType)),
      sorted(Object.values(viewTypes)),
    );
    assert.deepEqual(
      sorted(
        contributes.customEditors.flatMap((editor) =>
          editor.selector.map((selector) => selector.filenamePattern),
        ),
      ),
      sorted([...engineExtensions, contextModelEnding].map((ending) => `*${ending}`)),
    );
  });

  it('name the same settings, each with scope and order', () => {
    assert.deepEqual(
      sorted(Object.keys(properties)),
      sorted(Object.values(settings).map((name) => `${section}.${name}`)),
    );
    for (const [name, value] of Object.entries(properties)) {
      assert.ok(value.scope, `${name} has no scope`);
      assert.ok(Number.isInteger(value.order), `${name} has no order`);
    }
  });

  it('settings have the bounds that the code holds them to, and say so when they are whole numbers', () => {
    for (const [name, bounds] of Object.entries(settingBounds)) {
      const found = properties[`${section}.${settings[name as keyof typeof settingBounds]}`];
      assert.ok(found, name);
      const { default: fallback, minimum, maximum } = found;
      assert.deepEqual({ default: fallback, minimum, maximum }, bounds, name);
    }
    const numbers = Object.values(properties).filter(({ minimum }) => minimum !== undefined);
    assert.equal(numbers.length, Object.keys(settingBounds).length);
    for (const { type, minimum, default: fallback } of numbers) {
      assert.equal(type, Number.isInteger(minimum) ? 'integer' : 'number', String(fallback));
    }
  });

  it('sections of settings have titles, and an order within', () => {
    for (const one of contributes.configuration) {
      const orders = Object.values(one.properties).map(({ order }) => order);
      assert.deepEqual(
        orders,
        orders.map((_order, index) => index + 1),
        one.title,
      );
    }
  });

  it('keep settings that choose a library out of the workspace', () => {
    const restricted = manifest.capabilities.untrustedWorkspaces.restrictedConfigurations;
    for (const name of ['runtimePath', 'runtimeChoice'] as const) {
      assert.equal(properties[`${section}.${name}`]?.scope, 'machine');
      assert.ok(restricted.includes(`${section}.${name}`));
    }
  });

  it('name the same language, by the names that header texts have', () => {
    const [language, engine] = contributes.languages;
    assert.equal(contributes.languages.length, 2);
    assert.equal(language?.id, headerLanguage);
    // *.plan is a name that other tools use for text.
    assert.deepEqual(
      sorted(engine?.extensions ?? []),
      sorted(engineExtensions.filter((extension) => extension !== '.plan')),
    );
    assert.deepEqual(
      sorted(language.filenamePatterns ?? []),
      sorted(engineExtensions.map((extension) => `*${extension}.header`)),
    );
    assert.ok(`[${headerLanguage}]` in contributes.configurationDefaults);
  });

  it('hide the folder that builds keep their temporary files in', () => {
    const hidden = contributes.configurationDefaults['files.exclude'];
    assert.deepEqual(hidden, { [`**/${workFolderName}*`]: true });
  });

  it('menus and keybindings refer to contributed commands and submenus only', () => {
    for (const entry of entries) {
      if (entry.command !== undefined) {
        assert.ok((Object.values(commands) as string[]).includes(entry.command), entry.command);
      } else {
        assert.ok((Object.values(submenus) as string[]).includes(entry.submenu ?? ''));
      }
    }
    assert.deepEqual(
      sorted(contributes.submenus.map((submenu) => submenu.id)),
      sorted(Object.values(submenus)),
    );
  });

  it('when-clauses use our context keys, tree items, view types and scheme, and leave none out', () => {
    const text = whenClauses.join('\n');
    const named = sorted(text.match(/\bengineInspector\.[A-Za-z]+/g) ?? []);
    const known = [
      ...Object.values(contextKeys),
      ...Object.values(views),
      ...Object.values(viewTypes),
    ] as string[];
    assert.deepEqual(
      named.filter((name) => !known.includes(name)),
      [],
    );
    for (const key of Object.values(contextKeys)) {
      assert.ok(text.includes(key), `${key} is set but never asked for`);
    }
    assert.ok(text.includes(`resourceScheme == ${headerTextScheme}`));
    for (const prefix of [
      treeItems.engineFixable,
      treeItems.groupFixable,
      treeItems.runtimeUsable,
    ]) {
      assert.ok(text.includes(`viewItem == ${prefix}`), prefix);
    }
  });

  it('the problem matcher finds file and message in what a build prints when it fails', () => {
    const [matcher] = contributes.problemMatchers;
    assert.equal(`$${matcher?.name}`, problemMatcher);
    const pattern = new RegExp(matcher?.pattern.regexp ?? '');
    const file = (line: string): string | undefined =>
      pattern.exec(line)?.[matcher?.pattern.file ?? 0];
    for (const [line, expected] of [
      ['The model /a b/m.onnx is not an ONNX model: it holds no graph.', '/a b/m.onnx'],
      ['There is no recipe models/x.engine.json.', 'models/x.engine.json'],
      ['Choose the ONNX file that the engine is to be built from.', undefined],
    ] as const) {
      assert.equal(file(line), expected, line);
    }
  });

  it('the server for assistants', () => {
    assert.deepEqual(
      contributes.mcpServerDefinitionProviders.map(({ id }) => id),
      [mcpServers],
    );
  });

  it('walkthrough', () => {
    assert.deepEqual(
      contributes.walkthroughs.map((entry) => entry.id),
      [walkthrough],
    );
    for (const step of contributes.walkthroughs[0]?.steps ?? []) {
      // Of what really came of it: a command that was called is no result.
      for (const event of step.completionEvents) {
        const [kind, key = ''] = event.split(':');
        assert.equal(kind, 'onContext', event);
        assert.ok((Object.values(contextKeys) as string[]).includes(key), event);
      }
    }
  });

  it('every %key% has its text and every text its key', () => {
    const used = JSON.stringify(manifest).match(/%[a-zA-Z0-9.]+%/g) ?? [];
    assert.deepEqual(sorted(used.map((key) => key.slice(1, -1))), sorted(Object.keys(nls)));
  });

  it('command links in texts lead to contributed or built-in commands', () => {
    for (const match of JSON.stringify(nls).matchAll(/\(command:([\w.]+)\)/g)) {
      const id = match[1] ?? '';
      const ours = [...Object.values(commands), ...Object.values(views).map((v) => `${v}.focus`)];
      assert.ok(id.startsWith('workbench.') || ours.includes(id), id);
    }
  });
});
