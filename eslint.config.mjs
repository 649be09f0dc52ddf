import tseslint from 'typescript-eslint';

const noVscode = {
  name: 'vscode',
  message: 'Only src/extension may know VS Code (docs/architecture.md).',
};
const noKoffi = {
  name: 'koffi',
  message: 'Only src/host may know koffi: the native side lives in the engine host.',
};
const restrict = (...paths) => ({ 'no-restricted-imports': ['error', { paths }] });

export default tseslint.config(
  {
    ignores: [
      'dist/**',
      'node_modules/**',
      '.deps/**',
      'build/**',
      'native-shim/**',
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
      ...restrict(noVscode, noKoffi),
    },
  },
  { files: ['src/extension/**'], rules: restrict(noKoffi) },
  { files: ['src/host/**'], rules: restrict(noVscode) },
  // The extension-host suites run inside VS Code; scripts, tests and the command line speak on the terminal.
  { files: ['test/extensionHost/**'], rules: restrict(noKoffi) },
  {
    files: ['scripts/**', 'test/**', 'src/cli/**', '**/*.test.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.test.ts', 'test/**'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
);
