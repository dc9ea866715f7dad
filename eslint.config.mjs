import tseslint from 'typescript-eslint';

/** Rules that find mistakes in asynchronous and exhaustive code, and the limits on the tail of sizes. */
export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.veltrix/**', 'coverage/**'] },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: 'error',
      'no-console': ['error', { allow: ['log', 'error', 'warn'] }],
    },
  },
  {
    files: [
      'src/**/*.ts',
      'contracts/**/*.ts',
      'workflows/**/*.ts',
      'activities/**/*.ts',
      'stack/**/*.ts',
      'bench/**/*.ts',
      'simulator/**/*.ts',
    ],
    ignores: ['**/*.test.ts'],
    rules: {
      'max-lines': ['warn', { max: 300 }],
      'max-lines-per-function': ['warn', { max: 70 }],
      'max-params': ['warn', { max: 5 }],
    },
  },
);
