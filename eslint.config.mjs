import { builtinModules } from 'node:module';

import tseslint from 'typescript-eslint';

/**
 * The walls between the rooms of docs/architecture.md. Each is a pattern over what an import names, whatever its kind:
 * `import`, `export … from`, `import()`, `require()` and types. scripts/walls.test.ts breaks each.
 */
const nodeModules = builtinModules.filter((name) => !name.startsWith('_')).join('|');
const walls = {
  vscode: ['^vscode$', 'Only src/extension knows VS Code.'],
  koffi: [
    '^koffi$',
    'Only src/host/engineHost/process knows koffi: native code lives in the engine host.',
  ],
  node: [`^(node:|(${nodeModules})(/|$))`, 'src/core and src/webview know nothing of Node.'],
  host: ['^(\\.\\./)+host(/|$)', 'Imports run downwards: core and pages know nothing of src/host.'],
  extension: ['^(\\.\\./)+extension(/|$)', 'Imports run downwards: nothing imports src/extension.'],
  cli: ['^(\\.\\./)+cli(/|$)', 'Imports run downwards: nothing imports src/cli.'],
  webview: [
    '^(\\.\\./)+webview(/|$)',
    'Pages are bundles of their own: nothing imports src/webview.',
  ],
  tests: [
    '^(\\.\\./)+(test|scripts|native-shim)(/|$)',
    'The product does not know its tests and scripts.',
  ],
};
function wallsOf(...names) {
  const entries = names.flatMap((name) => {
    const [pattern, message] = walls[name];
    const source = `[value=/${pattern.replaceAll('/', '\\x2F')}/]`;
    const kinds = [
      `:matches(ImportDeclaration, ExportNamedDeclaration, ExportAllDeclaration, ImportExpression) > Literal.source${source}`,
      `TSImportType > Literal.source${source}`,
      `TSExternalModuleReference > Literal${source}`,
      `CallExpression[callee.name="require"] > Literal${source}`,
    ];
    return kinds.map((selector) => ({ selector, message: `${message} (docs/architecture.md)` }));
  });
  return { 'no-restricted-syntax': ['error', ...entries] };
}

/** Functions of VS Code whose texts it looks through for links and icons (src/extension/show.ts). */
const linkingTexts = [
  ...['showInformationMessage', 'showWarningMessage', 'showErrorMessage', 'withProgress'],
  ...['showQuickPick', 'createQuickPick', 'showInputBox', 'createInputBox', 'setStatusBarMessage'],
].map((property) => ({
  property,
  message: 'Names of files get there: use src/extension/show.ts, which leaves no link in a text.',
}));

/** A process that inherits our folder may run what lies there (SECURITY.md). */
const processesNameTheirFolder = {
  create: (context) => ({
    CallExpression(node) {
      const { callee } = node;
      const name = callee.type === 'MemberExpression' ? callee.property.name : callee.name;
      const starts = /^(spawn|fork|execFile)(Sync)?$/.test(name ?? '');
      if (!starts && (callee.type === 'MemberExpression' || !/^exec(Sync)?$/.test(name))) return;
      const named = node.arguments.some(
        (argument) =>
          argument.type === 'ObjectExpression' &&
          argument.properties.some((property) => property.key?.name === 'cwd'),
      );
      if (!named) context.report({ node, message: 'Name the folder (cwd) of this process.' });
    },
  }),
};

/** A file of a workspace may be a pipe without a writer, a device without an end, or larger than the memory. */
const readsAreBounded = {
  create: (context) => ({
    CallExpression(node) {
      const { callee } = node;
      const name = callee.type === 'MemberExpression' ? callee.property.name : callee.name;
      if (!/^(readFile(Sync)?|createReadStream|openAsBlob)$/.test(name ?? '')) return;
      const message = 'Read it with src/host/files/readSmallFile.ts, or say why not.';
      context.report({ node, message });
    },
  }),
};

/** A text with a hundred thousand brackets must not become a tree that something then walks by calling itself. */
const jsonIsBounded = {
  create: (context) => ({
    'CallExpression[callee.object.name="JSON"][callee.property.name="parse"]'(node) {
      context.report({ node, message: 'Parse it with src/core/text/parseJson.ts.' });
    },
  }),
};

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      '.deps/**',
      'build/**',
      'native-shim/**',
      'test/fixtures/**',
      '**/*.mjs',
      '**/*.js',
      '**/*.cjs',
    ],
  },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.json', './src/webview/tsconfig.json', './test/webview/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      ...wallsOf('vscode', 'koffi'),
    },
  },
  {
    files: ['src/core/**'],
    rules: {
      ...wallsOf('vscode', 'koffi', 'node', 'host', 'extension', 'cli', 'webview', 'tests'),
      'no-restricted-globals': [
        'error',
        'process',
        'Buffer',
        'require',
        '__dirname',
        'document',
        'window',
      ],
    },
  },
  {
    files: ['src/host/**'],
    rules: wallsOf('vscode', 'koffi', 'extension', 'cli', 'webview', 'tests'),
  },
  {
    files: ['src/host/engineHost/process/**'],
    rules: wallsOf('vscode', 'extension', 'cli', 'webview', 'tests'),
  },
  { files: ['src/extension/**'], rules: wallsOf('koffi', 'cli', 'webview', 'tests') },
  { files: ['src/cli/**'], rules: wallsOf('vscode', 'koffi', 'extension', 'webview', 'tests') },
  {
    files: ['src/webview/**'],
    rules: wallsOf('vscode', 'koffi', 'node', 'host', 'extension', 'cli', 'tests'),
  },
  // Tests beside the sources run in Node, with the helpers of test/ and scripts/.
  {
    files: ['src/**/*.test.ts'],
    rules: { ...wallsOf('vscode', 'koffi'), 'no-restricted-globals': 'off' },
  },
  // The extension-host suites run inside VS Code; scripts, tests and the command line write to the terminal.
  { files: ['test/extensionHost/**'], rules: wallsOf('koffi') },
  {
    files: ['scripts/**', 'test/**', 'src/cli/**', '**/*.test.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.test.ts', 'test/**'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['src/extension/**'],
    ignores: ['src/extension/show.ts'],
    rules: { 'no-restricted-properties': ['error', ...linkingTexts] },
  },
  {
    files: ['src/**'],
    ignores: ['**/*.test.ts', 'src/core/text/parseJson.ts', 'src/core/inspect/tolerantJson.ts'],
    plugins: {
      gates: {
        rules: { cwd: processesNameTheirFolder, read: readsAreBounded, json: jsonIsBounded },
      },
    },
    rules: { 'gates/json': 'error' },
  },
  {
    files: ['src/**'],
    // src/core can start no process: its walls keep node:child_process out, and protobuf writers fork as well.
    ignores: ['**/*.test.ts', 'src/core/**'],
    rules: { 'gates/cwd': 'error' },
  },
  {
    files: ['src/host/**', 'src/extension/**', 'src/cli/**'],
    ignores: ['**/*.test.ts'],
    rules: { 'gates/read': 'error' },
  },
);
