import * as assert from 'node:assert/strict';

import * as vscode from 'vscode';

const id = 'engine-inspector.engine-inspector-tensorrt-rtx';

describe('the extension', () => {
  it('is there and activates', async () => {
    const extension = vscode.extensions.getExtension(id);
    assert.ok(extension, `${id} is not installed`);
    await extension.activate();
    assert.equal(extension.isActive, true);
  });
});
