// Filters above the catalogue's table. Without this script the table is whole.
document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector(".catalogue table");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const form = document.createElement("form");
  form.className = "catalogue-filters";
  const count = document.createElement("output");
  const cells = (row, column) => row.cells[column].textContent.split(", ").filter(Boolean);
  const selects = [[2, "For"], [3, "Mechanism"], [4, "Format"]].map(([column, name]) => {
    const label = document.createElement("label");
    const select = document.createElement("select");
    const values = [...new Set(rows.flatMap((row) => cells(row, column)))];
    select.name = name.toLowerCase();
    for (const value of ["", ...values.sort()]) {
      const option = new Option(value || "all", value);
      select.append(option);
    }
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
  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  table.closest(".catalogue").prepend(form);
  apply();
});
