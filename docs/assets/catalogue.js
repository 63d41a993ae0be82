// Filters above the catalogue's table. Without this script the table is whole.
const table = document.querySelector(".catalogue table");
const rows = [...table.tBodies[0].rows];
const form = document.createElement("form");
form.className = "catalogue-filters";
const count = document.createElement("output");
const cells = (row, column) => row.cells[column].textContent.split(", ").filter(Boolean);
// Mechanism and format are a reader's choice for longer than a visit; some browsers keep nothing.
const KEY = "podrole.catalogue";
let kept = {};
try {
  kept = JSON.parse(localStorage.getItem(KEY)) ?? {};
} catch {
  // unreadable, so as if new
}
const keep = () => {
  const choice = ({ select }) => [select.name, select.value];
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(selects.slice(1).map(choice))));
  } catch {
    // for this visit only
  }
};
const selects = [[2, "For"], [3, "Mechanism"], [4, "Format"]].map(([column, name]) => {
  const label = document.createElement("label");
  const select = document.createElement("select");
  const values = [...new Set(rows.flatMap((row) => cells(row, column)))];
  select.name = name.toLowerCase();
  for (const value of ["", ...values.sort()]) {
    const option = new Option(value || "all", value);
    select.append(option);
  }
  if (values.includes(kept[select.name])) select.value = kept[select.name];
  label.append(`${name} `, select);
  form.append(label);
  return { column, select };
});
const apply = () => {
  const shown = rows.filter((row) => {
    const fits = selects.every(
      ({ column, select }) => !select.value || cells(row, column).includes(select.value),
    );
    row.hidden = !fits;
    return fits;
  });
  count.textContent = `${shown.length} of ${rows.length}`;
};
form.append(count);
form.addEventListener("input", () => {
  apply();
  keep();
});
form.addEventListener("submit", (event) => event.preventDefault());
table.closest(".catalogue").prepend(form);
apply();
