import { rolldown } from 'rolldown';
import { gzipSync } from 'node:zlib';
for (const names of process.argv.slice(2)) {
  const b = await rolldown({ input: 'entry', external: ['@tensorflow/tfjs','hash-wasm','echarts'], plugins: [{ name: 'e', resolveId: (id) => id === 'entry' ? id : null, load: (id) => id === 'entry' ? (names === '*' ? `export * from ${JSON.stringify(process.cwd()+'/src/index.ts')}` : `export { ${names} } from ${JSON.stringify(process.cwd()+'/src/index.ts')}`) : null }] , resolve: { extensionAlias: { '.js': ['.ts', '.js'] } } });
  const { output } = await b.generate({ format: 'esm', minify: true });
  const by = new Map(output.map((o) => [o.fileName, o]));
  const seen = new Set(); const follow = (f) => { if (seen.has(f) || !by.has(f)) return; seen.add(f); by.get(f).imports.forEach(follow); };
  follow(output.find((o) => o.isEntry).fileName);
  console.log(names.slice(0, 60), seen.size, [...seen].reduce((s, f) => s + gzipSync(by.get(f).code).length, 0));
  const mods = [...seen].flatMap((f) => Object.entries(by.get(f).modules ?? {})).map(([id, m]) => [id.replace(process.cwd()+'/src/', ''), m.renderedLength]).filter((m)=>m[1]>0).sort((a, b) => b[1] - a[1]);
  console.log(mods.slice(0, 45).map((m) => m.join(' ')).join(', '));
}
