"""A paper to print: A4, black on white, the same bytes for the same contents, and a foot on each sheet."""

from datetime import UTC, datetime
from pathlib import Path

from lstm_helpers.exam.markup import plain


def sheet(title, foot, subtitle):
    """An FPDF that begins with its title. foot: what tells its sheets from others when they get mixed up."""
    from fpdf import FPDF
    from matplotlib import get_data_path

    fonts = Path(get_data_path()) / "fonts" / "ttf"

    class Sheet(FPDF):
        def footer(self):
            self.set_y(-14)
            self.set_font("text", "", 8)
            self.cell(0, 5, f"{foot}, page {self.page_no()} of {{nb}}", align="C")

    pdf = Sheet(format="A4")
    pdf.set_creation_date(datetime(2026, 1, 1, tzinfo=UTC))  # so that the same contents give the same file
    pdf.set_title(title)
    pdf.set_lang("en")
    for style, name in (("", "DejaVuSans"), ("B", "DejaVuSans-Bold"), ("I", "DejaVuSans-Oblique")):
        pdf.add_font("text", style, fonts / f"{name}.ttf")
    pdf.set_auto_page_break(True, margin=18)
    pdf.set_margins(20, 18, 20)
    pdf.add_page()
    pdf.set_font("text", "B", 16)
    pdf.multi_cell(0, 9, title, new_x="LMARGIN", new_y="NEXT")
    say(pdf, subtitle)
    pdf.ln(3)
    return pdf


def say(pdf, text, style="", indent=0, size=10):
    """Print paragraphs, without the marks of their Markdown. indent: in millimetres."""
    pdf.set_font("text", style, size)
    pdf.set_x(pdf.l_margin + indent)
    pdf.multi_cell(0, size * 0.5, plain(text), new_x="LMARGIN", new_y="NEXT", align="L")


def head(pdf, number, room, worth=""):
    """Print the number of a question, on a new page unless there is ``room`` (millimetres). worth: at the right."""
    if pdf.will_page_break(room):
        pdf.add_page()
    pdf.ln(3)
    pdf.set_font("text", "B", 11)
    pdf.cell(0, 6, f"{number}.")
    pdf.set_x(pdf.l_margin)
    pdf.cell(0, 6, worth, align="R", new_x="LMARGIN", new_y="NEXT")
