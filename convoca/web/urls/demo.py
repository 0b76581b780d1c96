"""The demo mailbox; these addresses exist only in the demo."""

from django.urls import path

from convoca.web.views import demo

urlpatterns = [
    path("demo/mailbox/", demo.mailbox, name="demo-mailbox"),
    path("demo/mailbox/<str:key>/", demo.letter, name="demo-letter"),
    path("demo/mailbox/<str:key>/html/", demo.letter_html, name="demo-letter-html"),
    path("demo/mailbox/<str:key>/source/", demo.letter_source, name="demo-letter-source"),
]
