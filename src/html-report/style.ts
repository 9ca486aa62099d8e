/** The style sheet of the report: no fonts, no scripts; colours follow the reader's scheme, and print is always light. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1f2328;--soft:#59636e;--line:#d1d9e0;--page:#fff;--tile:#f6f8fa;--a:#1f4e9c;--b:#b3541e;--right:31,78,156;--wrong:179,84,30}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9198a1;--line:#3d444d;--page:#0d1117;--tile:#161b22;--a:#8fb3e8;--b:#f0b48a;--right:95,145,220;--wrong:220,130,70}}
@media print{:root{color-scheme:light;--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--tile:#fff;--a:#1f4e9c;--b:#b3541e;--right:31,78,156;--wrong:179,84,30}section,figure,tr{break-inside:avoid}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1.5rem 1rem 4rem;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.2rem;margin:2.5rem 0 .75rem;border-bottom:1px solid var(--line);padding-bottom:.25rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}
.soft,caption,figcaption{color:var(--soft)}
dl.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(11rem,1fr));gap:.75rem;margin:1.25rem 0}
dl.tiles>div{background:var(--tile);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem}
dl.tiles dt{color:var(--soft);font-size:.875rem}
dl.tiles dd{margin:0;font-size:1.5rem;line-height:1.3}
dl.tiles dd small{display:block;font-size:.8125rem;color:var(--soft)}
.wide{overflow-x:auto}
table{border-collapse:collapse;font-size:.9375rem;font-variant-numeric:tabular-nums}
caption{text-align:left;padding:.25rem 0;font-size:.875rem}
th,td{padding:.25rem .75rem;text-align:left;border-bottom:1px solid var(--line);vertical-align:bottom}
th[scope=row]{font-weight:500;min-width:7rem;max-width:min(24rem,45vw);overflow-wrap:anywhere}
.n{text-align:right;white-space:nowrap}
table.matrix td{text-align:center;min-width:2.5rem;padding:.25rem .375rem;border:1px solid var(--line)}
table.matrix td.right{background:rgba(var(--right),var(--share))}
table.matrix td.wrong{background:rgba(var(--wrong),var(--share))}
table.matrix td.deep{color:var(--page)}
table.matrix td{vertical-align:middle}
table.matrix thead th{text-align:center;font-weight:500}
table.matrix thead span{display:inline-block;max-width:9rem;overflow-wrap:break-word}
table.matrix .up{writing-mode:vertical-rl;transform:rotate(180deg);max-height:12rem}
@media (max-width:30rem){th,td{padding:.25rem .375rem}}
.charts{display:flex;flex-wrap:wrap;gap:1.5rem}
.charts figure{margin:0;flex:1 1 20rem;max-width:30rem}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{fill:var(--soft);font:12px system-ui,sans-serif}
svg .grid{stroke:var(--line);stroke-width:1}
svg .a{stroke:var(--a);fill:none;stroke-width:2}
svg .b{stroke:var(--b);fill:none;stroke-width:2;stroke-dasharray:5 3}
svg .dot-a{fill:var(--a)}svg .dot-b{fill:var(--b)}
svg .bar{fill:var(--a)}svg .ideal{stroke:var(--ink);stroke-dasharray:4 4;fill:none}
svg .mark{stroke:var(--soft);stroke-dasharray:2 3}
.key{display:inline-block;width:1.5rem;height:0;border-top:2px solid var(--a);vertical-align:middle;margin-right:.375rem}
.key.two{border-top:2px dashed var(--b)}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem;padding:0;list-style:none}
.pictures figure{margin:0}
.pictures .pair{display:flex;gap:.25rem}
.pictures img{width:50%;height:auto;aspect-ratio:1;object-fit:contain;background:var(--tile);border-radius:.25rem}
figcaption{font-size:.875rem;overflow-wrap:anywhere}
figcaption b{color:var(--ink)}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--a)}
pre{background:var(--tile);border:1px solid var(--line);border-radius:.5rem;padding:.75rem 1rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;font:.875rem/1.5 ui-monospace,monospace}
`;
